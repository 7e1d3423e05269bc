import { describe, expect, it } from 'vitest';
import type { Scalar } from './elementary.test.support.ts';
import { around, everywhere, fromBits, ulp } from './elementary.test.support.ts';
import { cos, exp, expm1, log, log1p, sigmoid, sin, tanh } from './elementary.ts';

const NEIGHBOURHOODS = [
  0,
  1e-45,
  1.1754943508222875e-38,
  2 ** -25,
  2 ** -24,
  1e-4,
  0.1,
  0.5,
  0.625,
  1,
  2,
  9,
  16,
  17,
  22,
  88,
  88.72284,
  87.33655,
  103.97208,
  104,
  3.4028234663852886e38,
];

function* hardPlaces(): Generator<number> {
  for (const x of NEIGHBOURHOODS) {
    yield* around(x, 200);
    yield* around(-x, 200);
    yield* around(1 + x, 50);
    yield* around(-1 + x, 50);
  }
  for (let n = -150; n <= 128; n += 1) {
    yield* around(n * Math.LN2, 3);
    yield* around((n + 0.5) * Math.LN2, 3);
    yield* around(2 ** n, 3);
    yield* around(2 ** n * Math.SQRT1_2, 3);
    yield* around((n * Math.PI) / 2, 3);
    yield* around((n * Math.PI) / 4, 3);
  }
}

const FUNCTIONS: ReadonlyArray<readonly [string, Scalar, Scalar]> = [
  ['exp', exp, Math.exp],
  ['expm1', expm1, Math.expm1],
  ['log', log, Math.log],
  ['log1p', log1p, Math.log1p],
  ['tanh', tanh, Math.tanh],
  ['sigmoid', sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ['sin', sin, Math.sin],
  ['cos', cos, Math.cos],
];

/**
 * The greatest error of fround(f) in units of the last place. Where the reference is NaN, infinite, zero or
 * overflows float32, the float32 value must be equal, sign of zero included: else the error is Infinity.
 */
function worstError(f: Scalar, reference: Scalar, xs: Iterable<number>): { error: number; at: number } {
  const worst = { error: 0, at: NaN };
  for (const x of xs) {
    const y = Math.fround(f(x));
    const truth = reference(x);
    const rounded = Math.fround(truth);
    let error = Math.abs(y - truth) / ulp(truth);
    if (!Number.isFinite(rounded) || rounded === 0) error = Object.is(y, rounded) ? 0 : Infinity;
    if (!(error <= worst.error)) {
      worst.error = error;
      worst.at = x;
    }
  }
  return worst;
}

describe.each(FUNCTIONS)('%s', (_name, f, reference) => {
  it('is within 0.500001 ulp of float32 over the whole range', () => {
    const { error, at } = worstError(f, reference, everywhere(250_000));
    expect(error, `at ${at}`).toBeLessThan(0.500001);
    expect(error).toBeGreaterThan(0.49);
  });

  it('is within 0.500001 ulp of float32 near 0, 1, powers of two and multiples of ln 2 and pi/4', () => {
    const { error, at } = worstError(f, reference, hardPlaces());
    expect(error, `at ${at}`).toBeLessThan(0.500001);
  });

  it('has a relative error below 2e-15 as a float64 function', () => {
    let worst = 0;
    for (let i = 1; i <= 50_000; i += 1) {
      const magnitude = 2 ** ((i * 0.618033988749895 * 59) % 59) * 2 ** -50;
      for (const x of [magnitude, -magnitude, 1 + magnitude]) {
        const truth = reference(x);
        if (!Number.isFinite(truth) || Math.abs(truth) < 1e-300) continue;
        worst = Math.max(worst, Math.abs(f(x) - truth) / Math.abs(truth));
      }
    }
    expect(worst).toBeLessThan(2e-15);
    expect(worst).toBeGreaterThan(0);
  });

  it('gives NaN for every kind of NaN and a number for every number in its domain', () => {
    for (const pattern of [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff]) {
      expect(f(fromBits(pattern))).toBeNaN();
    }
    for (const x of [0, -0, 1e-45, -1e-45, 1, -1, 3e38, -3e38, Infinity, -Infinity]) {
      expect(Number.isNaN(f(x)), `at ${x}`).toBe(Number.isNaN(reference(x)));
    }
  });
});

/** FNV-1a over the float64 bits of `f` at 20,000 float32 arguments; every NaN counts as the same one. */
function digestOf(f: Scalar): string {
  const view = new DataView(new ArrayBuffer(8));
  let hash = 0x811c9dc5;
  for (const x of everywhere(20_000)) {
    const y = f(x);
    view.setFloat64(0, y);
    for (let i = 0; i < 8; i += 1)
      hash = Math.imul(hash ^ (Number.isNaN(y) ? 0xff : view.getUint8(i)), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

describe('bits', () => {
  it.each([
    ['exp', exp, '90398825'],
    ['expm1', expm1, 'a606f549'],
    ['log', log, 'efb4b048'],
    ['log1p', log1p, '051d5689'],
    ['tanh', tanh, 'ffa932f0'],
    ['sigmoid', sigmoid, '6fd385c6'],
    ['sin', sin, 'd77e9ef6'],
    ['cos', cos, 'fa769c03'],
  ] as const)('%s gives the float64 bits that it has always given', (_name, f, digest) => {
    expect(digestOf(f)).toBe(digest);
  });
});

describe('special values', () => {
  it.each([
    ['expm1', expm1],
    ['log1p', log1p],
    ['tanh', tanh],
    ['sin', sin],
  ] as const)('%s keeps the sign of zero and returns a subnormal unchanged', (_name, f) => {
    expect(f(0)).toBe(0);
    expect(f(-0)).toBe(-0);
    for (const pattern of [1, 2, 0x7fffff, 0x400001, 0x80000001, 0x807fffff]) {
      expect(Math.fround(f(fromBits(pattern)))).toBe(fromBits(pattern));
    }
  });

  it('exp saturates to +0 and Infinity and is 1 at both zeros', () => {
    expect([exp(-Infinity), exp(-708.5), exp(709.5), exp(Infinity)]).toEqual([0, 0, Infinity, Infinity]);
    expect([exp(0), exp(-0)]).toEqual([1, 1]);
    expect(exp(-708)).toBeGreaterThan(0);
    expect(exp(709)).toBeLessThan(Infinity);
  });

  it('exp reaches the subnormals of float32', () => {
    expect(Math.fround(exp(fromBits(0xc2cff1b4)))).toBe(fromBits(1));
    expect(Math.fround(exp(fromBits(0xc2cff1b5)))).toBe(0);
  });

  it('expm1 saturates to -1 and Infinity', () => {
    expect([expm1(-Infinity), expm1(-800), expm1(709.5), expm1(Infinity)]).toEqual([
      -1,
      -1,
      Infinity,
      Infinity,
    ]);
    expect(expm1(709)).toBeLessThan(Infinity);
  });

  it('tanh saturates to -1 and 1', () => {
    expect([tanh(-Infinity), tanh(-30), tanh(30), tanh(Infinity)]).toEqual([-1, -1, 1, 1]);
  });

  it('sigmoid goes from 0 through 1/2 to 1', () => {
    expect([-Infinity, -0, 0, Infinity].map(sigmoid)).toEqual([0, 0.5, 0.5, 1]);
  });

  it('log is -Infinity at both zeros, NaN below them and +0 at 1', () => {
    expect([0, -0, 1, Infinity].map(log)).toEqual([-Infinity, -Infinity, 0, Infinity]);
    expect([-1e-45, -1, -3e38, -Infinity].map(log)).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('log takes subnormal float64 values', () => {
    for (const x of [5e-324, 1e-310, 2.225073858507201e-308]) {
      expect(Math.abs(log(x) / Math.log(x) - 1)).toBeLessThan(1e-15);
    }
  });

  it('log1p is -Infinity at -1 and NaN below it', () => {
    expect([-1, Infinity].map(log1p)).toEqual([-Infinity, Infinity]);
    expect([fromBits(0xbf800001), -2, -Infinity].map(log1p)).toEqual([NaN, NaN, NaN]);
  });

  it('sin and cos of an infinity are NaN', () => {
    expect([sin(Infinity), sin(-Infinity), cos(Infinity), cos(-Infinity)]).toEqual([NaN, NaN, NaN, NaN]);
  });
});

describe('symmetry', () => {
  it('tanh and sin are odd and cos is even to the last bit of float64', () => {
    for (const x of everywhere(20_000)) {
      expect(tanh(-x)).toBe(-tanh(x));
      expect(sin(-x)).toBe(-sin(x));
      expect(cos(-x)).toBe(cos(x));
    }
  });
});
