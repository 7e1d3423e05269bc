import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeNpy, failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { elementsOf, float32Of, readNpy } from './npy.ts';

const PLENTY = 2 ** 40;
const FOUR = Float32Array.of(1, 2.5, -3, 4);

async function read(content: Uint8Array) {
  return readNpy(join(writeTestFiles({ 'a.npy': content }), 'a.npy'), PLENTY);
}

async function failure(content: Uint8Array, memory = PLENTY): Promise<string> {
  const directory = writeTestFiles({ 'a.npy': content });
  return failureOf(readNpy(join(directory, 'a.npy'), memory), directory);
}

describe('readNpy', () => {
  it.each([
    ['|u1', Uint8Array.of(0, 255)],
    ['|i1', Int8Array.of(-128, 127)],
    ['<u2', Uint16Array.of(0, 65535)],
    ['<i2', Int16Array.of(-32768, 5)],
    ['<u4', Uint32Array.of(0, 4_294_967_295)],
    ['<i4', Int32Array.of(-5, 5)],
    ['<i8', BigInt64Array.of(-5n, 1n << 40n)],
    ['<f4', Float32Array.of(0.5, -2)],
    ['<f8', Float64Array.of(0.1, 1e30)],
  ] as const)('reads %s', async (descr, values) => {
    const array = await read(encodeNpy(descr, [2], values));
    expect(array.shape).toEqual([2]);
    expect(elementsOf(array)).toEqual(values);
    expect([...new Float32Array(float32Of(array))]).toEqual(
      Array.from<number | bigint, number>(values, (value) => Math.fround(Number(value))),
    );
  });

  it.each([1, 2, 3])('reads version %d.0, plain and gzip', async (version) => {
    const file = encodeNpy('<f4', [2, 1, 2], FOUR, { version });
    for (const content of [file, gzipSync(file)]) {
      const { shape, buffer } = await read(content);
      expect(shape).toEqual([2, 1, 2]);
      expect([...new Float32Array(buffer)]).toEqual([...FOUR]);
    }
  });

  it('gives float32 elements without a copy', async () => {
    const array = await read(encodeNpy('<f4', [4], FOUR));
    expect(float32Of(array)).toBe(array.buffer);
  });

  it('refuses big-endian elements, Fortran order and other types with what to save instead', async () => {
    expect(await failure(encodeNpy('>f4', [4], FOUR))).toBe(
      "DATA_FORMAT a.npy is big-endian (>f4); save a.astype('<f4') instead.",
    );
    expect(await failure(encodeNpy('<f4', [2, 2], FOUR, { fortran: true }))).toBe(
      'DATA_FORMAT a.npy is in Fortran order; save numpy.ascontiguousarray(a) instead.',
    );
    for (const descr of ['<c8', '|b1', '|O', '<U3', '<f2']) {
      expect(await failure(encodeNpy(descr, [4], FOUR))).toContain(
        `DATA_FORMAT a.npy holds elements of dtype "${descr}"; save a.astype('float32') instead`,
      );
    }
  });

  it('refuses a shape that lies about the bytes, without taking memory for it', async () => {
    expect(await failure(encodeNpy('<f4', [5], FOUR))).toBe(
      'DATA_TRUNCATED a.npy is cut short: 20 bytes expected, 16 found; save or download it again.',
    );
    expect(await failure(encodeNpy('<f8', [9_000_000, 9_000_000], FOUR))).toMatch(
      /^DATA_TRUNCATED .* 16 found/,
    );
    expect(await failure(encodeNpy('<f4', [3], FOUR))).toBe(
      'DATA_FORMAT a.npy has more bytes than the 12 of its shape [3]; save or download it again.',
    );
    const whole = encodeNpy('<f4', [4], FOUR);
    for (const length of [3, 7, 9, 40, whole.length - 1]) {
      expect(await failure(whole.subarray(0, length))).toMatch(/^DATA_(?:TRUNCATED|FORMAT) a\.npy /);
    }
    const long = Uint8Array.from(whole);
    long[6] = 2;
    long[11] = 0xff;
    expect(await failure(long)).toMatch(/^DATA_FORMAT a\.npy announces a header of \d+ bytes/);
  });

  it('refuses files that are empty, no NPY, of a later version or without samples', async () => {
    expect(await failure(new Uint8Array(0))).toMatch(/^DATA_EMPTY a\.npy is empty/);
    expect(await failure(Buffer.from('hello, world'))).toBe(
      'DATA_FORMAT a.npy is no NPY file; save one with numpy.save.',
    );
    expect(await failure(encodeNpy('<f4', [4], FOUR, { version: 4 }))).toContain('NPY version 4');
    expect(await failure(encodeNpy('<f4', [0, 3], new Float32Array(0)))).toMatch(
      /^DATA_EMPTY a\.npy has the shape \[0 x 3\]/,
    );
  });

  it('refuses an array that does not fit in memory', async () => {
    expect(await failure(encodeNpy('<f4', [4], FOUR), 31)).toBe(
      'DATA_TOO_LARGE a.npy does not fit in memory: [4] elements of f4 take 32 bytes, and there are 31 bytes; use ' +
        'fewer rows or columns, or a larger machine.',
    );
  });
});

describe('float32Of', () => {
  it('names the first element that is not finite as a float32', async () => {
    const path = (content: Uint8Array) => writeTestFiles({ 'a.npy': content });
    for (const [descr, values, shown] of [
      ['<f4', Float32Array.of(1, 2, Number.NaN, 4), 'NaN'],
      ['<f8', Float64Array.of(1, 2, 1e39, 4), '1e+39'],
    ] as const) {
      const directory = path(encodeNpy(descr, [2, 2], values));
      const work = async () => float32Of(await readNpy(join(directory, 'a.npy'), PLENTY));
      expect(await failureOf(work(), directory)).toBe(
        `DATA_NOT_A_NUMBER a.npy, sample 1, value 0: ${shown} is not a finite float32; replace it, or drop the sample.`,
      );
    }
  });
});
