import { expect, it } from 'vitest';
import { batchOfStep, epochOrder, permutation, stepsPerEpoch } from './sampler.ts';

it('visits every sample once an epoch, in another order each epoch and for each seed', () => {
  const first = epochOrder(1, 0, 1000);
  expect([...first].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
  expect(epochOrder(1, 0, 1000)).toEqual(first);
  expect(epochOrder(1, 1, 1000)).not.toEqual(first);
  expect(epochOrder(2, 0, 1000)).not.toEqual(first);
});

it('gives every order of three samples about equally often', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const key = permutation(seed, 2, 0, 3).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Six standard deviations of a binomial with n = 6000, p = 1/6.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(6 * 28.9);
});

it('keeps the last, smaller mini-batch and starts the next epoch behind it', () => {
  expect(stepsPerEpoch(10, 4)).toBe(3);
  expect([0, 1, 2, 3].map((step) => batchOfStep(step, 10, 4))).toEqual([
    { epoch: 0, begin: 0, count: 4 },
    { epoch: 0, begin: 4, count: 4 },
    { epoch: 0, begin: 8, count: 2 },
    { epoch: 1, begin: 0, count: 4 },
  ]);
});
