import { describe, expect, it } from 'vitest';
import { statisticsOf } from './statistics.ts';

const bytesOf = (values: { buffer: ArrayBufferLike }) => new Uint8Array(values.buffer);

describe('statisticsOf', () => {
  it('gives extremes, moments, norm and counts of float32 values', () => {
    const values = Float32Array.of(3, -1, 0, -0, Number.NaN, Infinity, 3);
    expect(statisticsOf('F32', bytesOf(values))).toEqual({
      min: -1,
      max: 3,
      mean: 1,
      // Around 1: 4 + 4 + 1 + 1 + 4, over five.
      deviation: Math.sqrt(14 / 5),
      norm: Math.sqrt(19),
      zeros: 2,
      nonFinite: 2,
    });
  });

  it('keeps the deviation of values that lie far from 0', () => {
    const values = Float64Array.of(1e9 - 1, 1e9, 1e9 + 1);
    expect(statisticsOf('F64', bytesOf(values))?.deviation).toBe(Math.sqrt(2 / 3));
  });

  it.each([
    // 1, -2, the largest, the smallest, infinite, NaN
    ['F16', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00), -2, 65504, 2],
    ['F16', Uint16Array.of(0x8001, 0x0400, 0x3555), -(2 ** -24), 0.333251953125, 0],
    // 1, -2, 3.14..., infinite, NaN
    ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x4049, 0xff80, 0x7fc0), -2, 3.140625, 2],
    ['I8', Int8Array.of(-128, 127), -128, 127, 0],
    ['U8', Uint8Array.of(7, 255), 7, 255, 0],
    ['BOOL', Uint8Array.of(0, 1), 0, 1, 0],
    ['I16', Int16Array.of(-32768, 5), -32768, 5, 0],
    ['U16', Uint16Array.of(65535, 5), 5, 65535, 0],
    ['I32', Int32Array.of(-(2 ** 31), 5), -(2 ** 31), 5, 0],
    ['U32', Uint32Array.of(2 ** 32 - 1, 5), 5, 2 ** 32 - 1, 0],
    ['I64', BigInt64Array.of(-5n, 2n ** 40n), -5, 2 ** 40, 0],
    ['U64', BigUint64Array.of(5n, 2n ** 40n), 5, 2 ** 40, 0],
  ])('reads %s', (dtype, values, min, max, nonFinite) => {
    expect(statisticsOf(dtype, bytesOf(values))).toMatchObject({ min, max, nonFinite });
  });

  it('has no extremes where no value is finite, and nothing at all for a type that it does not read', () => {
    const none = { min: null, max: null, mean: null, deviation: null, norm: null, zeros: 0 };
    expect(statisticsOf('F32', new Uint8Array(0))).toEqual({ ...none, nonFinite: 0 });
    expect(statisticsOf('F32', bytesOf(Float32Array.of(Number.NaN)))).toEqual({ ...none, nonFinite: 1 });
    expect(statisticsOf('F8_E4M3', new Uint8Array(4))).toBeUndefined();
    expect(statisticsOf('toString', new Uint8Array(4))).toBeUndefined();
  });
});
