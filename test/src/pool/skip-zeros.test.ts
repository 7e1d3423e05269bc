/** Columns of zeros that a pool leaves out of its sums: no bit changes, and nothing that is not finite is hidden. */

import { createHash } from 'node:crypto';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import type { TrainingSpec } from '@hivegrad/worker/layout';
import { openPool } from '@hivegrad/worker/pool';
import { gradient } from 'hivegrad/api/gradient';
import { describe, expect, it } from 'vitest';
import { clouds, digestOf } from '../support/datasets.ts';

const width = 100;
const spec: TrainingSpec = {
  model: {
    inputSize: width,
    layers: [
      { type: 'dense', units: 27, activation: 'relu', bias: 'unit', initializer: 'heNormal' },
      { type: 'dense', units: 4, activation: 'identity', bias: 'unit', initializer: 'glorotNormal' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 },
  schedule: constantRate,
  clipping: noClipping,
  batchSize: 50,
  shardSize: 9,
  seed: 2,
};

/** Clouds of which some columns are always zero, and others in most samples. */
function sparse(seed: number, samples: number): Dataset {
  const data = clouds(seed, { samples, width, classes: 4 });
  const values = new Float32Array(data.features.rows);
  for (let i = 0; i < values.length; i++) {
    const [sample, column] = [Math.floor(i / width), i % width];
    if (column % 30 < 12 || (column % 5 === 0 && sample % 16 !== 0)) values[i] = i % 2 === 0 ? -0 : 0;
  }
  return { ...data, digest: createHash('sha256').update(values.slice()).digest('hex') };
}

const parts = { train: sparse(1, 150), test: sparse(2, 200) };

async function opened(options: { threads: number; skipZeros: boolean; engine?: 'plain' }) {
  const pool = await openPool({ spec, parts, ...options });
  const state = new Float32Array(pool.layout.parameters);
  return { pool, state, weights: initialWeights(spec.model, spec.seed) };
}

async function trained(options: Parameters<typeof opened>[0]) {
  const { pool, state, weights } = await opened(options);
  try {
    pool.setVersion(0, weights, state);
    const { sums, at } = await pool.runSteps(0, 3);
    const tested = await pool.evaluate(at, 'test');
    const answers = await pool.predict(at, { part: 'test', begin: 0, end: 200 });
    return { sums, tested, answers: digestOf(answers), weights: digestOf(pool.version(at).weights) };
  } finally {
    await pool.close();
  }
}

/** Weights of which one is not finite, in a column that is zero in every sample. */
function broken(weights: Float32Array, value: number): Float32Array {
  const changed = weights.slice();
  changed[3 * width + 5] = value;
  return changed;
}

describe('columns of zeros', () => {
  it('give the same weights, losses and answers whether they are left out or not', async () => {
    const all = await trained({ threads: 2, skipZeros: false });
    for (const threads of [1, 2, 3]) expect(await trained({ threads, skipZeros: true })).toEqual(all);
    expect(await trained({ threads: 2, skipZeros: true, engine: 'plain' })).toEqual(all);
  });

  it.each([Infinity, Number.NaN])('do not hide a weight that is %d from an evaluation', async (value) => {
    const { pool, state, weights } = await opened({ threads: 2, skipZeros: true });
    try {
      pool.setVersion(0, broken(weights, value), state);
      expect((await pool.evaluate(0, 'test')).lossSum).toBeNaN();
      pool.setVersion(0, weights, state);
      expect((await pool.evaluate(0, 'test')).lossSum).toBeGreaterThan(0);
    } finally {
      await pool.close();
    }
  });

  it('do not hide a weight that is not finite from a training or a gradient', async () => {
    const { pool, state, weights } = await opened({ threads: 1, skipZeros: true });
    try {
      pool.setVersion(0, broken(weights, Infinity), state);
      expect(await pool.runSteps(0, 3)).toEqual({ at: 0, sums: [], diverged: true });
    } finally {
      await pool.close();
    }
    const rows = new Float32Array(parts.test.features.rows).slice(0, 4 * width);
    const sums = async (used: Float32Array) =>
      gradient(spec.model, used, rows, [0, 1, 2, 3], { shardSize: 2 });
    expect((await sums(broken(weights, Infinity))).lossSum).toBeNaN();
    expect((await sums(weights)).lossSum).toBeGreaterThan(0);
  });
});
