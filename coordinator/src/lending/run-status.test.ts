import type { RunShape } from '@hivegrad/shared/protocol/messages';
import { expect, it } from 'vitest';
import { RunStatus } from './run-status.ts';

const shape: RunShape = {
  samples: 100,
  batchSize: 30,
  shardSize: 10,
  epochs: 2,
  parameters: 5,
  features: { kind: 'f32', width: 2 },
  targets: { kind: 'classes', classes: 2 },
  weighted: false,
};
const sums = (lossSum: number, correct: number, samples: number) => ({ lossSum, correct, samples });

it('tells the epoch, the step and the means of the last step', () => {
  const status = new RunStatus(shape, { countsCorrect: true });
  expect(status.at(0)).toEqual({ epoch: 1, step: 0, samplesPerSecond: 0 });
  status.took(2, [sums(9, 9, 30), sums(60, 15, 30)], 1000);
  expect(status.at(1000)).toEqual({ epoch: 1, step: 2, loss: 2, accuracy: 0.5, samplesPerSecond: 0 });
  status.took(4, [sums(3, 3, 30), sums(5, 5, 10)], 2000);
  expect(status.at(2000)).toMatchObject({ epoch: 2, step: 4, loss: 0.5, samplesPerSecond: 40 });
});

it('stays in the last epoch when the run is done, and says no accuracy where nothing is counted', () => {
  const status = new RunStatus(shape, { countsCorrect: false });
  status.took(8, [sums(1, 0, 10)], 0);
  expect(status.at(1)).toEqual({ epoch: 2, step: 8, loss: 0.1, samplesPerSecond: 0 });
});

it('measures the last ten seconds alone', () => {
  const status = new RunStatus(shape, { countsCorrect: true });
  for (let second = 0; second < 60; second++) {
    status.took(second, [sums(1, 1, second < 40 ? 1000 : 10)], second * 1000);
  }
  expect(status.at(59_000).samplesPerSecond).toBe(10);
  // Whoever waits gets slower, and at last stands still.
  expect(status.at(63_000).samplesPerSecond).toBeLessThan(10);
  expect(status.at(90_000).samplesPerSecond).toBe(0);
});

it('knows the rate of steps that take longer than that, also between two of them', () => {
  const status = new RunStatus(shape, { countsCorrect: true });
  for (const atMs of [0, 20_000, 40_000]) status.took(atMs / 20_000, [sums(1, 1, 300)], atMs);
  expect([40_000, 50_000, 59_000].map((nowMs) => status.at(nowMs).samplesPerSecond)).toEqual([15, 15, 15]);
  expect(status.at(100_000).samplesPerSecond).toBe(5);
});
