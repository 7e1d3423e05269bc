/** From records of metrics to figures: what is counted, what is timed, and what is nothing rather than zero. */

import { describe, expect, it } from 'vitest';
import { resultsTold, runTold } from './comparison.test.support.ts';
import { curveOf, ratesOf, reachedBy } from './measure.ts';
import { bestOf, factorsOf, trialOf } from './search.ts';
import { statisticOf } from './statistics.ts';

describe('a statistic', () => {
  it('is the mean and the standard deviation of a sample', () => {
    expect(statisticOf([2, 4, 4, 6])).toEqual({ mean: 4, deviation: Math.sqrt(8 / 3), n: 4 });
  });

  it('has no spread over one value and is nothing over none', () => {
    expect(statisticOf([7])).toEqual({ mean: 7, deviation: null, n: 1 });
    expect(statisticOf([])).toBeUndefined();
  });
});

describe('the curve of a run', () => {
  const shape = { samples: 1000, batchSize: 300 };
  const run = runTold(shape, { accuracies: [0.5, 0.9, 0.95], secondsPerEpoch: 2 });

  it('counts the samples of a last, smaller batch and leaves evaluations out of its seconds', () => {
    const { epochs } = curveOf(run.metrics, shape);
    expect(epochs.map(({ updates, samples, seconds }) => [updates, samples, seconds])).toEqual([
      [4, 1000, 2],
      [8, 2000, 4],
      [12, 3000, 6],
    ]);
  });

  it('counts whole batches within an epoch', () => {
    const record = { kind: 'train', step: 6, epoch: 2, seconds: 3, loss: 1 } as const;
    expect(curveOf([record], shape).losses).toEqual([{ updates: 6, samples: 1600, loss: 1 }]);
  });

  it('adds the seconds of processes that worked one after the other', () => {
    // The second process counts from 0 again: its epoch took 2 s, and before it 4.5 s had passed.
    const resumed = run.metrics.map((record) =>
      record.epoch === 3 ? { ...record, seconds: record.kind === 'train' ? 2 : 2.5 } : record,
    );
    expect(curveOf(resumed, shape).epochs.map(({ seconds }) => seconds)).toEqual([2, 4, 6]);
  });

  it('gives rates over all of it, and none before an epoch has ended', () => {
    const curve = curveOf(run.metrics, shape);
    expect(ratesOf(curve)).toEqual({ samplesPerSecond: 500, updatesPerSecond: 2 });
    expect(ratesOf({ ...curve, epochs: [] })).toBeUndefined();
  });

  it('reaches a target at the end of the first epoch that meets it, or never', () => {
    const curve = curveOf(run.metrics, shape);
    const reached = { epochs: 2, updates: 8, samples: 2000, seconds: 4 };
    expect(reachedBy(curve, { metric: 'testAccuracy', value: 0.9 })).toEqual(reached);
    expect(reachedBy(curve, { metric: 'testLoss', value: 0.2 })).toEqual(reached);
    expect(reachedBy(curve, { metric: 'testAccuracy', value: 0.96 })).toBeUndefined();
  });
});

describe('a cell', () => {
  const target = { metric: 'testAccuracy', value: 0.9 };

  it('has its target over the seeds that reached it, and says of how many', async () => {
    const { cells } = await resultsTold(
      { batchSizes: [10], epochs: 2, target },
      {
        10: [
          { accuracies: [0.9, 0.9], secondsPerEpoch: 1 },
          { accuracies: [0.5, 0.95], secondsPerEpoch: 2 },
          { accuracies: [0.5, 0.6], secondsPerEpoch: 3 },
        ],
      },
    );
    expect(cells[0]!.target).toEqual({
      reached: 2,
      runs: 3,
      epochs: { mean: 1.5, deviation: Math.SQRT1_2, n: 2 },
      samples: { mean: 1500, deviation: 1000 * Math.SQRT1_2, n: 2 },
      seconds: { mean: 2.5, deviation: Math.sqrt(4.5), n: 2 },
    });
  });

  it('that never reached its target has no time to it', async () => {
    const told = { 10: [{ accuracies: [0.1], secondsPerEpoch: 1 }] };
    const { cells } = await resultsTold({ batchSizes: [10], seeds: [1], epochs: 1, target }, told);
    expect(cells[0]!.target).toEqual({ reached: 0, runs: 1 });
  });

  it('brings gradients together at every update, unless a step has one sample', async () => {
    const run = [{ accuracies: [0.1], secondsPerEpoch: 1 }];
    const { cells } = await resultsTold({ batchSizes: [1, 10], seeds: [1] }, { 1: run, 10: run });
    expect(cells.map(({ runs }) => [runs[0]!.updates, runs[0]!.synchronizations])).toEqual([
      [1000, 0],
      [100, 100],
    ]);
  });

  it('that diverged keeps what it had, and counts as diverged', async () => {
    const { cells, complete } = await resultsTold(
      { batchSizes: [10], seeds: [1, 2], epochs: 2 },
      {
        10: [
          { accuracies: [0.2], secondsPerEpoch: 1, diverged: true },
          { accuracies: [0.4, 0.6], secondsPerEpoch: 1 },
        ],
      },
    );
    expect(complete).toBe(true);
    expect(cells[0]).toMatchObject({ diverged: 1, runs: [{ divergedAt: 100 }, { outcome: 'finished' }] });
    expect(cells[0]!.epochs.map(({ testAccuracy }) => testAccuracy!.n)).toEqual([2, 1]);
  });
});

describe('the search for a learning rate', () => {
  it('tries each factor once, from the smallest', () => {
    expect(factorsOf({ type: 'search', factors: [3, 1, 3, 0.1], searchEpochs: 1 })).toEqual([0.1, 1, 3]);
  });

  it('takes the lowest loss, the smaller rate of two that are equal, and none that diverged', () => {
    const trial = (learningRate: number, validationLoss: number | null) => ({
      factor: 1,
      learningRate,
      validationLoss,
    });
    expect(bestOf([trial(1, null), trial(2, 0.5), trial(3, 0.4)]).learningRate).toBe(3);
    expect(bestOf([trial(1, 0.4), trial(2, 0.4)]).learningRate).toBe(1);
    expect(bestOf([trial(1, null), trial(2, null)]).learningRate).toBe(1);
  });

  it('judges by the validation part at the end of the trial', () => {
    const run = runTold({ batchSize: 10 }, { accuracies: [0.5, 0.9], secondsPerEpoch: 1 });
    const metrics = run.metrics.map((record) =>
      record.kind === 'epoch' ? { ...record, validation: { loss: record.epoch * 10 } } : record,
    );
    expect(trialOf(3, 0.3, { ...run, metrics })).toEqual({
      factor: 3,
      learningRate: 0.3,
      validationLoss: 20,
    });
    const diverged = runTold({ batchSize: 10 }, { accuracies: [], secondsPerEpoch: 1, diverged: true });
    expect(trialOf(3, 0.3, diverged).validationLoss).toBeNull();
  });
});
