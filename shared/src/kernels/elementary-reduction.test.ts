import { describe, expect, it } from 'vitest';
import type { Scalar } from './elementary.test.support.ts';
import { around, fromBits } from './elementary.test.support.ts';
import { cos, sin } from './elementary.ts';

/** sin and cos by integer arithmetic: x = n/d exactly, and pi to 500 bits by Machin's formula. */
function makeBigReference(): { sin: Scalar; cos: Scalar } {
  const one = 1n << 500n;
  const arctanOfInverse = (q: bigint): bigint => {
    let sum = 0n;
    for (let term = one / q, k = 1n; term !== 0n; term = -term / (q * q), k += 2n) sum += term / k;
    return sum;
  };
  const halfPi = 2n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));
  const reduce = (x: number): { quadrant: number; r: number } => {
    // A float64 times 2^300 is an integer for every |x| used here.
    const scaled = BigInt(x * 2 ** 300) << 200n;
    const k = (2n * scaled + halfPi) / (2n * halfPi);
    return { quadrant: Number(k % 4n), r: Number(scaled - k * halfPi) / 2 ** 500 };
  };
  const wave = (x: number, shift: number): number => {
    const { quadrant, r } = reduce(Math.abs(x));
    const turned = (quadrant + shift) % 4;
    const y = turned % 2 === 0 ? Math.sin(r) : Math.cos(r);
    return turned >= 2 ? -y : y;
  };
  return { sin: (x) => Math.sign(x) * wave(x, 0), cos: (x) => wave(x, 1) };
}

/** float32 values nearest to a multiple of pi/2, over all and at the top, by a search of all mantissas. */
const NEAREST_TO_MULTIPLES = [
  16367173 * 2 ** 72,
  10741887 * 2 ** 11,
  16367173 * 2 ** 73,
  10741887 * 2 ** 12,
  16573937 * 2 ** -16,
  16367173 * 2 ** 74,
  10057457 * 2 ** 62,
  11617958 * 2 ** 17,
  9012376 * 2 ** 53,
  14173733 * 2 ** 88,
  12438944 * 2 ** 103,
  12438944 * 2 ** 104,
];

describe('argument reduction of sin and cos', () => {
  const big = makeBigReference();

  function worstRelative(xs: Iterable<number>): number {
    let worst = 0;
    for (const x of xs) {
      worst = Math.max(worst, Math.abs(sin(x) / big.sin(x) - 1), Math.abs(cos(x) / big.cos(x) - 1));
    }
    return worst;
  }

  it('keeps a relative error below 2e-15 for the float32 values nearest to multiples of pi/2', () => {
    expect(worstRelative(NEAREST_TO_MULTIPLES)).toBeLessThan(2e-15);
    expect(Math.abs(cos(16367173 * 2 ** 72))).toBeLessThan(2e-9);
  });

  it('keeps a relative error below 2e-15 at every exponent up to the largest float32', () => {
    const xs: number[] = [fromBits(0x7f7fffff)];
    for (let exponent = 0; exponent < 128; exponent += 1) {
      for (let i = 0; i < 30; i += 1)
        xs.push(fromBits(((exponent + 127) << 23) | ((i * 279_621 + 77) & 0x7fffff)));
    }
    expect(worstRelative(xs)).toBeLessThan(2e-15);
  });

  it('changes method at 2^25 without a seam', () => {
    expect(worstRelative(around(2 ** 25, 300))).toBeLessThan(2e-15);
  });

  it('holds for float64 arguments next to multiples of pi/2 up to 2^25', () => {
    const xs: number[] = [];
    for (let k = 1; k < 2 ** 24; k = Math.ceil(k * 1.1)) xs.push((k * Math.PI) / 2, -(k * Math.PI) / 2);
    expect(worstRelative(xs)).toBeLessThan(2e-15);
  });
});
