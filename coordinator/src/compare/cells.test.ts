import { describe, expect, it } from 'vitest';
import { cellsOf, configOf } from './cells.ts';
import { comparisonOf } from './comparison.test.support.ts';

async function gridOf(settings: object, samples = 480) {
  return cellsOf(await comparisonOf(settings), { samples, threads: 2 });
}
const shapes = ({ cells }: Awaited<ReturnType<typeof gridOf>>) =>
  cells.map(({ id, batchSize, shardSize }) => [id, batchSize, shardSize]);

describe('the cells of a comparison', () => {
  it('run what is the same computation once, under the more telling name, and say so', async () => {
    const grid = await gridOf({ strategies: ['minibatch', 'batch', 'sgd'], batchSizes: ['all', 32, 1] });
    expect(shapes(grid)).toEqual([
      ['sgd', 1, 1],
      ['minibatch-32', 32, 16],
      ['batch', 480, 30],
    ]);
    expect(grid.notices).toEqual([
      'minibatch with a batch of 480 is what batch does; it is run once, as batch.',
      'minibatch with a batch of 1 is what sgd does; it is run once, as sgd.',
    ]);
  });

  it('keep a batch of one and of all under the name of the strategy that is asked for', async () => {
    const grid = await gridOf({ strategies: ['minibatch'], batchSizes: [1, 'all'] });
    expect(shapes(grid)).toEqual([
      ['minibatch-1', 1, 1],
      ['minibatch-480', 480, 30],
    ]);
    expect(grid.notices).toEqual([]);
  });

  it('take a batch that is larger than the set for the whole set, and say so', async () => {
    const grid = await gridOf({ strategies: ['minibatch'], batchSizes: [500, 1000] });
    expect(shapes(grid)).toEqual([['minibatch-480', 480, 30]]);
    expect(grid.notices).toEqual([
      'A batch of 500 is the whole set, which has 480 samples.',
      'A batch of 1,000 is the whole set, which has 480 samples.',
    ]);
  });

  it('are the product of all axes, each with a name of its own', async () => {
    const { cells } = await gridOf({
      strategies: ['sgd', 'minibatch'],
      batchSizes: [8, 32],
      learningRates: [0.1, 0.01],
      threads: [1, 2],
    });
    expect(new Set(cells.map(({ id }) => id)).size).toBe(3 * 2 * 2);
    expect(cells.map(({ id }) => id)).toContain('minibatch-8-rate-0.01-threads-1');
  });

  it('scale the learning rate by their policy', async () => {
    const rates = async (policy: object) => {
      const grid = await gridOf({ batchSizes: [8, 128], learningRatePolicy: policy });
      return grid.cells.map(({ learningRate }) => learningRate);
    };
    expect(await rates({ type: 'fixed' })).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect(await rates({ type: 'linear', referenceBatchSize: 32 })).toEqual([
      0.1 / 32,
      0.1 / 4,
      0.1 * 4,
      0.1 * 15,
    ]);
    expect(await rates({ type: 'squareRoot', referenceBatchSize: 32 })).toEqual([
      0.1 * Math.sqrt(1 / 32),
      0.1 * Math.sqrt(1 / 4),
      0.1 * 2,
      0.1 * Math.sqrt(15),
    ]);
  });

  it('have the configuration of the base but for what is their own', async () => {
    const comparison = await comparisonOf({
      batchSizes: [128],
      strategies: ['minibatch'],
      learningRatePolicy: { type: 'linear', referenceBatchSize: 32, warmupEpochs: 2 },
    });
    const [cell] = cellsOf(comparison, { samples: 480, threads: 2 }).cells;
    expect(configOf(comparison, cell!, { seed: 9 })).toEqual({
      ...comparison.base,
      name: 'minibatch-128',
      optimizer: { ...comparison.base.optimizer, learningRate: 0.4 },
      schedule: { ...comparison.base.schedule, warmupEpochs: 2 },
      batchSize: 128,
      shardSize: 16,
      seed: 9,
    });
  });
});
