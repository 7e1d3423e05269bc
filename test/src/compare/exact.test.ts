/** The exact strategies are what they say, to the bit, and so are two runs of one comparison. */

import { readFileSync } from 'node:fs';
import { epochOrder } from '@hivegrad/shared/data/sampler';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { loadData } from 'hivegrad/data/load';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchNetwork, engines } from '../support/bench-network.ts';
import { digestOf } from '../support/datasets.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { compareIn, digestOfRun, withoutTimes, writtenResults } from './comparisons.ts';

let place: Workplace;
beforeAll(async () => {
  place = createWorkplace();
  await compareIn(place, {}, { out: 'whole' });
}, 60_000);
afterAll(() => place.remove());

const whole = () => writtenResults(place, 'whole');

/** What a person would write: for each epoch, for each sample in its order, a step. */
async function plainLoop(engine: (typeof engines)[number], seed: number): Promise<string> {
  const { base } = whole();
  const { train } = await loadData(base.data, { seed, validationFraction: 0 });
  const width = train.features.width;
  const bytes = new Uint8Array(train.features.rows);
  const labels = new Uint32Array(train.targets.rows);
  const model: ModelSpec = { inputSize: width, ...base.model };
  const network = benchNetwork(engine, model, {
    optimizer: base.optimizer,
    samplesMax: 1,
    shardSize: 1,
    seed,
  });
  network.weights = initialWeights(model, seed);
  for (let epoch = 0; epoch < base.epochs; epoch++) {
    for (const sample of epochOrder(seed, epoch, train.samples)) {
      const row = Array.from(bytes.subarray(sample * width, (sample + 1) * width), (byte) => byte / 255);
      network.step({ x: [row], y: [labels[sample]!] }, 1);
    }
  }
  return digestOf(network.weights);
}

describe('sgd', () => {
  it.each(engines)(
    'ends with the weights of a plain loop over the samples with %s kernels',
    async (engine) => {
      expect(await plainLoop(engine, 2)).toBe(digestOfRun(whole(), 'sgd', 2));
    },
  );

  it('ends with the weights of minibatch with a batch of one', async () => {
    const { results } = await compareIn(
      place,
      { strategies: ['minibatch'], batchSizes: [1], seeds: [1] },
      { out: 'one' },
    );
    expect(digestOfRun(results, 'minibatch-1', 1)).toBe(digestOfRun(whole(), 'sgd', 1));
  });
});

describe('batch', () => {
  it('ends with the weights of minibatch with a batch of everything', async () => {
    const { results } = await compareIn(
      place,
      { strategies: ['minibatch'], batchSizes: [480, 5000], seeds: [1] },
      { out: 'all' },
    );
    expect(results.cells.map(({ id }) => id)).toEqual(['minibatch-480']);
    expect(digestOfRun(results, 'minibatch-480', 1)).toBe(digestOfRun(whole(), 'batch', 1));
  });
});

describe('two runs of a comparison', () => {
  it('give the same figures but for times', async () => {
    const again = await compareIn(place, {}, { out: 'again' });
    expect(again).toMatchObject({ outcome: 'finished', runs: 6, done: 6 });
    expect(withoutTimes(writtenResults(place, 'again'))).toEqual(withoutTimes(whole()));
  });

  it('give the same digests with another number of threads, which are compared like any axis', async () => {
    const { results } = await compareIn(
      place,
      { threads: [1, 3], strategies: ['minibatch'], batchSizes: [100] },
      { out: 'threads' },
    );
    expect(results.cells.map(({ id }) => id)).toEqual(['minibatch-100-threads-1', 'minibatch-100-threads-3']);
    for (const { id } of results.cells) {
      expect(digestOfRun(results, id, 1)).toBe(digestOfRun(whole(), 'minibatch-100', 1));
    }
  });

  it('give other figures for another seed', () => {
    const digests = whole().cells.flatMap(({ runs }) => runs.map(({ weightsDigest }) => weightsDigest));
    expect(new Set(digests).size).toBe(6);
  });
});

describe('a comparison with a search', () => {
  it('trains each cell at the rate that did best on the validation part, to the bits of that rate alone', async () => {
    place.config('base.json', { validationFraction: 0.2 });
    const search = {
      base: 'base.json',
      strategies: ['minibatch'],
      batchSizes: [8, 100],
      seeds: [5],
      learningRatePolicy: { type: 'search', factors: [30, 1, 0.01], searchEpochs: 1 },
    };
    const { results } = await compareIn(place, search, { out: 'search' });
    for (const { trials = [], learningRate, runs } of results.cells) {
      expect(trials.map((trial) => trial.factor)).toEqual([0.01, 1, 30]);
      const losses = trials.map(({ validationLoss }) => validationLoss ?? Infinity);
      expect(learningRate).toBe(trials[losses.indexOf(Math.min(...losses))]!.learningRate);
      expect(runs).toHaveLength(1);
    }
    const [cell] = results.cells;
    const fixed = { ...search, learningRatePolicy: undefined, learningRates: [cell!.learningRate] };
    const alone = await compareIn(place, fixed, { out: 'alone' });
    expect(digestOfRun(alone.results, 'minibatch-8', 5)).toBe(digestOfRun(results, 'minibatch-8', 5));
    expect(readFileSync(place.path('search', 'report.html'), 'utf8')).toContain('taken');
  });
});
