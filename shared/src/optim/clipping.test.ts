import { describe, expect, it } from 'vitest';
import { SQUARE_SUM_FLOATS } from '../kernels/kernels.ts';
import { clip, normFactor, squaresBlocks, squareTotal } from './clipping.ts';
import { steps } from './optim.test.support.ts';
import type { ClippingSpec, OptimizerSpec } from './spec.ts';

const sgd: OptimizerSpec = { type: 'sgd', learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 };

/** The step that plain gradient descent with a rate of 1 takes on a gradient: the clipped gradient itself. */
function clipped(gradient: readonly number[], clipping: ClippingSpec): number[] {
  const start = gradient.map(() => 0);
  return steps(sgd, start, [gradient], { clipping })[0]!.map((weight) => 0 - weight);
}

describe('clipping by value', () => {
  it('limits each element and leaves those within the limit as they are', () => {
    const limit = Math.fround(0.3);
    expect(clipped([0.1, -0.1, 5, -7, limit, -limit, 0], { type: 'value', limit: 0.3 })).toEqual(
      [0.1, -0.1, limit, -limit, limit, -limit, 0].map((value) => Math.fround(value) + 0),
    );
  });
});

describe('clipping by the norm', () => {
  const gradient = Array.from({ length: 1300 }, (_, i) => Math.fround(Math.sin(i * i) * 3));
  const norm = Math.hypot(...gradient);

  it('scales the whole gradient to the limit', () => {
    const limit = 2;
    const ours = clipped(gradient, { type: 'norm', limit });
    for (const [i, value] of gradient.entries()) {
      expect(Math.abs(ours[i]! - (value * limit) / norm)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    }
    expect(Math.abs(Math.hypot(...ours) - limit)).toBeLessThan(1e-6 * limit);
  });

  it('leaves a gradient within the limit as it is', () => {
    expect(clipped(gradient, { type: 'norm', limit: norm * 1.0001 })).toEqual(gradient.map((g) => g + 0));
  });

  it('measures each step by itself', () => {
    const small = [0.3, 0.4];
    const weights = steps(sgd, [0, 0], [[3, 4], small], { clipping: { type: 'norm', limit: 1 } });
    expect(weights[0]![0]).toBeCloseTo(-0.6, 6);
    expect(weights[1]![1]).toBeCloseTo(-0.8 - 0.4, 6);
  });

  it('does not overflow where the squares leave float32', () => {
    const [x, y] = clipped([3e30, -4e30], { type: 'norm', limit: 5 });
    expect([x, y].map((value) => value!.toPrecision(6))).toEqual(['3.00000', '-4.00000']);
  });
});

describe('the total of squares', () => {
  it('is added along the tree, a last block without a sibling at the end', () => {
    const big = 2 ** 53;
    // ((big + 1) + (1 + 1)) + 1 is big + 2, and then half-way to the even big + 4; from left to right it would stay big.
    const squares = Float64Array.of(big, 1, 1, 1, 1, 99);
    expect(squareTotal(squares, 5)).toBe(big + 4);
    expect(squareTotal(squares, 1)).toBe(big);
    expect(squareTotal(Float64Array.of(3, 4, 5), 3)).toBe(12);
  });

  it('has a block for each SQUARE_SUM_FLOATS parameters and one for the rest', () => {
    expect([1, SQUARE_SUM_FLOATS, SQUARE_SUM_FLOATS + 1].map(squaresBlocks)).toEqual([1, 1, 2]);
  });
});

describe('the factor', () => {
  it('is limit / norm above the limit and 1 up to it', () => {
    expect([normFactor(25, 1), normFactor(25, 5), normFactor(0, 1)]).toEqual([0.2, 1, 1]);
  });

  it('is not applied where nothing is clipped', () => {
    const untouchable = new Proxy({} as Parameters<typeof clip>[0], {
      get: () => () => {
        throw new Error('no kernel is to be called');
      },
    });
    const block = { gradient: 0, length: 8, factor: 1 };
    expect(() => clip(untouchable, { type: 'none' }, block)).not.toThrow();
    expect(() => clip(untouchable, { type: 'norm', limit: 1 }, block)).not.toThrow();
    expect(() => clip(untouchable, { type: 'norm', limit: 1 }, { ...block, factor: 0.5 })).toThrow();
  });
});
