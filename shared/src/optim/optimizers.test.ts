import { describe, expect, it } from 'vitest';
import { steps } from './optim.test.support.ts';
import { optimizerOf, power } from './optimizers.ts';
import type { OptimizerSpec } from './spec.ts';

type Sgd = OptimizerSpec & { type: 'sgd' };
type Adam = OptimizerSpec & { type: 'adam' | 'adamw' };
const sgd: Sgd = { type: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 };
const adam: Adam = {
  type: 'adam',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};
const rmsprop: OptimizerSpec = {
  type: 'rmsprop',
  learningRate: 0.01,
  decay: 0.99,
  epsilon: 1e-8,
  weightDecay: 0,
};
const adagrad: OptimizerSpec = { type: 'adagrad', learningRate: 0.1, epsilon: 1e-10, weightDecay: 0 };

/** A positive float64 as the fraction that it is exactly. */
function fractionOf(value: number): { numerator: bigint; shift: bigint } {
  let shift = 0;
  for (; !Number.isInteger(value); shift++) value *= 2;
  return { numerator: BigInt(value), shift: BigInt(shift) };
}

describe('power', () => {
  it('is exact where the exact power is a float64', () => {
    for (const n of [0, 1, 2, 3, 7, 20, 33])
      expect(power(0.75, n)).toBe(Number(3n ** BigInt(n)) / 2 ** (2 * n));
    for (let n = 0; n <= 1000; n++) expect(power(0.5, n)).toBe(2 ** -n);
    for (const base of [0, 0.1, 0.9, 0.999, 1]) {
      expect(power(base, 0)).toBe(1);
      expect(power(base, 1)).toBe(base);
      expect(power(base, 2)).toBe(base * base);
    }
    expect(power(0, 1000)).toBe(0);
    expect(power(1, 2 ** 31)).toBe(1);
  });

  it.each([0.9, 0.99, 0.999, 0.9999])('%d^n agrees with exact integers within n roundings', (base) => {
    const { numerator, shift } = fractionOf(base);
    for (const n of [2, 3, 5, 10, 16, 17, 31, 100, 255, 1000]) {
      const ours = fractionOf(power(base, n));
      // |ours - exact| / exact, over a common denominator and scaled to an integer.
      const exact = (numerator ** BigInt(n)) << ours.shift;
      const scaled = ours.numerator << (shift * BigInt(n));
      const error =
        Number((((scaled > exact ? scaled - exact : exact - scaled) << 80n) / exact) >> 20n) / 2 ** 60;
      expect(error, `n = ${n}`).toBeLessThanOrEqual(n * 2 ** -53);
    }
  });

  it('agrees with repeated multiplication within 1e-15 where Adam uses it', () => {
    for (const base of [0.9, 0.999]) {
      let product = 1;
      for (let n = 1; n <= 20; n++) {
        product *= base;
        expect(Math.abs(power(base, n) - product)).toBeLessThanOrEqual(1e-15);
      }
    }
  });

  it('takes as many steps as a run can have', () => {
    expect(power(0.999, 2 ** 40 + 1)).toBe(0);
    expect(1 - power(0.999, 100_000)).toBe(1);
  });
});

describe('the state of an optimizer', () => {
  it('is named as the field names it, and SGD without momentum has none', () => {
    const names = [
      sgd,
      { ...sgd, momentum: 0.9 },
      adam,
      { ...adam, type: 'adamw' as const },
      rmsprop,
      adagrad,
    ];
    expect(names.map((spec) => optimizerOf(spec).state)).toEqual([
      [],
      ['velocity'],
      ['m', 'v'],
      ['m', 'v'],
      ['squareSum'],
      ['squareSum'],
    ]);
  });
});

const start = [1, -2, 0.5];
const gradient = [0.25, -1, 3];
const constant = (count: number) => Array.from({ length: count }, () => gradient);

/** Each weight within 1e-6 of what the formula gives it, after every step. */
function expectSteps(
  spec: OptimizerSpec,
  count: number,
  closed: (w: number, g: number, step: number) => number,
) {
  for (const [step, weights] of steps(spec, start, constant(count)).entries()) {
    for (const [i, weight] of weights.entries()) {
      expect(weight, `step ${step}`).toBeCloseTo(closed(start[i]!, gradient[i]!, step + 1), 5);
    }
  }
}

describe('on a constant gradient', () => {
  it('SGD walks in equal steps', () => {
    expectSteps(sgd, 20, (w, g, n) => w - n * 0.1 * g);
  });

  it('SGD with momentum has the velocity (1 - mu^n) / (1 - mu) g', () => {
    const mu = 0.75;
    // The sum of the velocities of n steps.
    const distance = (n: number) => (n - (mu * (1 - mu ** n)) / (1 - mu)) / (1 - mu);
    expectSteps({ ...sgd, momentum: mu }, 20, (w, g, n) => w - 0.1 * g * distance(n));
  });

  it('SGD with Nesterov momentum is one velocity ahead', () => {
    const mu = 0.75;
    const distance = (n: number) => (n - (mu * (1 - mu ** n)) / (1 - mu)) / (1 - mu);
    expectSteps(
      { ...sgd, momentum: mu, nesterov: true },
      20,
      (w, g, n) => w - 0.1 * g * (n + mu * distance(n)),
    );
  });

  it('Adam takes equal steps of the learning rate against the sign, from the first one on', () => {
    expectSteps(adam, 30, (w, g, n) => w - n * 0.01 * Math.sign(g));
  });

  it('Adam with a large epsilon takes lr g / (|g| + epsilon)', () => {
    expectSteps({ ...adam, epsilon: 0.5 }, 10, (w, g, n) => w - (n * 0.01 * g) / (Math.abs(g) + 0.5));
  });

  it('AdaGrad slows down as lr / sqrt(n)', () => {
    const harmonic = (n: number) =>
      Array.from({ length: n }, (_, i) => 1 / Math.sqrt(i + 1)).reduce((a, b) => a + b);
    expectSteps(adagrad, 20, (w, g, n) => w - 0.1 * Math.sign(g) * harmonic(n));
  });

  it('RMSProp begins with steps of lr / sqrt(1 - decay) that shrink to lr', () => {
    const distance = (n: number) =>
      Array.from({ length: n }, (_, i) => 0.01 / Math.sqrt(1 - 0.99 ** (i + 1))).reduce((a, b) => a + b);
    expectSteps(rmsprop, 20, (w, g, n) => w - Math.sign(g) * distance(n));
  });
});

describe('weight decay without a gradient', () => {
  const none = Array.from({ length: 10 }, () => [0, 0, 0]);
  const after = (spec: OptimizerSpec) => steps(spec, start, none).at(-1)!;
  const expectShrunk = (weights: readonly number[], factor: number) => {
    for (const [i, weight] of weights.entries()) expect(weight / start[i]!).toBeCloseTo(factor, 5);
  };

  it('shrinks weights by 1 - lr decay a step under SGD and AdamW', () => {
    expectShrunk(after({ ...sgd, weightDecay: 0.5 }), 0.95 ** 10);
    expectShrunk(after({ ...adam, type: 'adamw', weightDecay: 0.5 }), 0.995 ** 10);
  });

  it('is a gradient like any other under Adam, which takes no notice of its size', () => {
    for (const [i, weight] of after({ ...adam, weightDecay: 0.5 }).entries()) {
      expect(weight).toBeCloseTo(start[i]! - 0.1 * Math.sign(start[i]!), 2);
    }
  });
});
