/**
 * All that can be switched on at once (dropout, a schedule with warm-up, clipping, class weights, a validation part,
 * early stopping): the weights and every metric still do not depend on who computes.
 */

import type { ConfigInput, TrainOptions } from 'hivegrad';
import { train } from 'hivegrad';
import { describe, expect, it } from 'vitest';

const config: ConfigInput = {
  data: { kind: 'penguins' },
  model: {
    layers: [
      { type: 'dense', units: 40, activation: 'gelu' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 20, activation: 'tanh' },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: 3 },
    ],
  },
  optimizer: { type: 'adamw', learningRate: 0.02 },
  schedule: { type: 'cosine', warmupEpochs: 1.5, finalFraction: 0.05 },
  clipping: { type: 'norm', limit: 0.5 },
  classWeights: 'balanced',
  validationFraction: 0.25,
  earlyStopping: { patience: 3, minDelta: 0.001 },
  batchSize: 24,
  shardSize: 5,
  epochs: 30,
  seed: 11,
};

async function trained(options: TrainOptions, changes: Partial<ConfigInput> = {}) {
  const run = train({ ...config, ...changes } as ConfigInput, options);
  const records = [];
  for await (const event of run) {
    if (event.type !== 'metrics') continue;
    const { seconds: _, ...record } = event.record;
    records.push(record);
  }
  const { weightsDigest, stoppedEarly, best, step, evaluation } = await run.result;
  return { weightsDigest, stoppedEarly, best, step, evaluation, records };
}

describe('a training with everything switched on', () => {
  it('gives the same weights and metrics for any threads and either kernels', async () => {
    const one = await trained({ threads: 1 });
    expect(one.stoppedEarly).toBe(true);
    expect(one.best!.step).toBeLessThan(one.step);
    for (const options of [{ threads: 2 }, { threads: 3 }, { threads: 7 }, { kernels: 'plain' as const }]) {
      expect(await trained(options)).toEqual(one);
    }
  }, 60_000);

  it('gives other weights without any one of them', async () => {
    const digests = new Set([(await trained({ threads: 1 })).weightsDigest]);
    const [dense1, , dense2, , dense3] = config.model.layers;
    const changes: Partial<ConfigInput>[] = [
      { model: { layers: [dense1!, dense2!, dense3!] } },
      { schedule: { type: 'constant' } },
      { clipping: { type: 'none' } },
      { classWeights: null },
      { earlyStopping: null },
      { validationFraction: 0.2 },
    ];
    for (const change of changes) digests.add((await trained({ threads: 1 }, change)).weightsDigest);
    expect(digests.size).toBe(changes.length + 1);
  }, 60_000);

  it('reports the learning rate of its schedule with each line', async () => {
    const { records } = await trained({ threads: 1 });
    const rates = records.flatMap((record) => (record.kind === 'train' ? [record] : []));
    // Nine steps an epoch, so 14 of warm-up, and 270 in all.
    for (const { step, learningRate } of rates) {
      const t = step - 1;
      const progress = Math.min(1, (t - 14) / (270 - 14));
      const expected =
        t < 14 ? (0.02 * step) / 14 : 0.02 * (0.05 + (0.95 * (1 + Math.cos(Math.PI * progress))) / 2);
      expect(Math.abs(learningRate! - expected)).toBeLessThan(1e-6 * expected);
    }
    expect(rates.length).toBeGreaterThan(9);
  });
});
