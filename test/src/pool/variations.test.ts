/**
 * What a training can have beside plain steps (dropout, clipping, a schedule, weights of samples), and answers: the
 * same bits for any number of threads, for either kernels, and after the loss of a thread.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import type { Loss } from '@hivegrad/shared/model/spec';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import type { TrainingSpec } from '@hivegrad/worker/layout';
import type { LocalPool, PoolOptions } from '@hivegrad/worker/pool';
import { openPool } from '@hivegrad/worker/pool';
import { describe, expect, it } from 'vitest';
import type { Fault, Faults } from '../faults/thread.ts';
import { clouds, digestOf, uniform } from '../support/datasets.ts';

const EPOCHS = 3;
const STEPS_PER_EPOCH = 5;
const test = clouds(2, { samples: 700, width: 19, classes: 5, bytes: true });
const train = withWeights(clouds(1, { samples: 250, width: 19, classes: 5, bytes: true }));
const spec: TrainingSpec = {
  model: {
    inputSize: 19,
    layers: [
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: 70, activation: 'relu', bias: 'unit', initializer: 'heNormal' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 5, activation: 'identity', bias: 'unit', initializer: 'glorotNormal' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: { type: 'cosine', warmupSteps: 4, totalSteps: EPOCHS * STEPS_PER_EPOCH, finalFraction: 0.01 },
  // Below the norm of the first gradients and above that of later ones.
  clipping: { type: 'norm', limit: 0.3 },
  batchSize: 60,
  shardSize: 7,
  seed: 3,
};

function withWeights(dataset: Dataset): Dataset {
  const random = uniform(11);
  const weights = new SharedArrayBuffer(dataset.samples * 4);
  new Float32Array(weights).set(Array.from({ length: dataset.samples }, () => 2 * random()));
  return { ...dataset, weights };
}

interface Options extends Partial<PoolOptions> {
  readonly threads: number;
}

async function trained(options: Options) {
  const used = options.spec ?? spec;
  const parts = { train, validation: test, test };
  return withPool({ spec: used, parts, ...options }, async (pool) => {
    pool.setVersion(0, initialWeights(used.model, used.seed), new Float32Array(2 * pool.layout.parameters));
    const steps = EPOCHS * STEPS_PER_EPOCH;
    const sums = [];
    for (let step = 0; step < steps; step += STEPS_PER_EPOCH) {
      sums.push(...(await pool.runSteps(step, step + STEPS_PER_EPOCH)).sums);
    }
    const { weights, state } = pool.version(steps);
    const evaluated = [await pool.evaluate(steps, 'train'), await pool.evaluate(steps, 'validation')];
    const answers = await pool.predict(steps, { part: 'test', begin: 0, end: test.samples });
    return {
      digest: digestOf(weights),
      state: digestOf(state),
      sums,
      evaluated,
      answers: digestOf(answers.slice()),
    };
  });
}

async function withPool<T>(options: PoolOptions, work: (pool: LocalPool) => Promise<T>): Promise<T> {
  const pool = await openPool(options);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

describe('dropout, clipping, a schedule and weights together', () => {
  it('give the same weights, state, losses and answers whatever the number of threads', async () => {
    const one = await trained({ threads: 1 });
    for (const threads of [2, 3, 7]) expect(await trained({ threads })).toEqual(one);
    expect(one.sums.at(-1)!.lossSum).toBeLessThan(one.sums[0]!.lossSum);
  });

  it('give those of the plain TypeScript kernels', async () => {
    expect(await trained({ threads: 2, engine: 'plain' })).toEqual(await trained({ threads: 2 }));
  });

  it('change the weights, each by itself', async () => {
    const [, dense1, , dense2] = spec.model.layers;
    const without = [
      spec,
      { ...spec, model: { ...spec.model, layers: [dense1!, dense2!] } },
      { ...spec, schedule: constantRate },
      { ...spec, clipping: noClipping },
      { ...spec, clipping: { type: 'value' as const, limit: 0.01 } },
      { ...spec, clipping: { type: 'norm' as const, limit: 0.31 } },
    ];
    const digests = new Set<string>();
    for (const changed of without) digests.add((await trained({ threads: 2, spec: changed })).digest);
    const { weights: _, ...unweighted } = train;
    digests.add((await trained({ threads: 2, parts: { train: unweighted, validation: test, test } })).digest);
    expect(digests.size).toBe(without.length + 1);
  });

  it.each(['compute', 'squares', 'update'] as const)('survive a thread lost in phase %s', async (phase) => {
    const marks = mkdtempSync(join(tmpdir(), 'hivegrad-faults-'));
    const faults: Fault[] = [
      { kind: 'throw', phase, step: 3 },
      { kind: 'exit', phase, step: 7 },
    ];
    process.env.HIVEGRAD_TEST_FAULTS = JSON.stringify({ marks, faults } satisfies Faults);
    try {
      const lost: string[] = [];
      const run = await trained({
        threads: 2,
        threadEntry: new URL('../../dist/faults/thread.js', import.meta.url),
        onNotice: (sentence) => lost.push(sentence),
      });
      expect(lost).toHaveLength(2);
      expect(run).toEqual(await trained({ threads: 2 }));
    } finally {
      delete process.env.HIVEGRAD_TEST_FAULTS;
      rmSync(marks, { recursive: true });
    }
  });
});

describe('threads without work in any step', () => {
  const tiny: TrainingSpec = {
    ...spec,
    model: { ...spec.model, layers: spec.model.layers.slice(3), inputSize: 19 },
    clipping: noClipping,
    batchSize: 1,
    shardSize: 1,
  };
  const steps = async (threads: number, threadEntry?: URL) =>
    withPool(
      { spec: tiny, parts: { train, test }, threads, ...(threadEntry && { threadEntry }) },
      async (pool) => {
        pool.setVersion(0, initialWeights(tiny.model, 1), new Float32Array(2 * pool.layout.parameters));
        const done = await pool.runSteps(0, 250);
        return {
          done,
          digest: digestOf(pool.version(250).weights),
          tested: await pool.evaluate(250, 'test'),
        };
      },
    );

  it('rest, and take over where the one that works is lost', async () => {
    const alone = await steps(1);
    expect(await steps(3)).toEqual(alone);
    const marks = mkdtempSync(join(tmpdir(), 'hivegrad-faults-'));
    const faults: Fault[] = [
      { kind: 'throw', phase: 'compute', step: 20 },
      { kind: 'exit', phase: 'update', step: 90 },
    ];
    process.env.HIVEGRAD_TEST_FAULTS = JSON.stringify({ marks, faults } satisfies Faults);
    try {
      expect(await steps(2, new URL('../../dist/faults/thread.js', import.meta.url))).toEqual(alone);
      expect(readdirSync(marks)).toHaveLength(2);
    } finally {
      delete process.env.HIVEGRAD_TEST_FAULTS;
      rmSync(marks, { recursive: true });
    }
  });
});

describe('answers', () => {
  const model = (loss: Loss) => ({ ...spec.model, loss });
  const answered = (loss: Loss, cuts: readonly number[], threads = 2) =>
    withPool({ spec: { ...spec, model: model(loss) }, parts: { test }, threads }, async (pool) => {
      pool.setVersion(0, initialWeights(spec.model, 9), new Float32Array(0));
      const rows: number[] = [];
      for (let i = 0; i + 1 < cuts.length; i++) {
        rows.push(...(await pool.predict(0, { part: 'test', begin: cuts[i]!, end: cuts[i + 1]! })));
      }
      return rows;
    });

  it('are the same for any cut of the samples and any number of threads', async () => {
    const whole = await answered('softmaxCrossEntropy', [0, 700]);
    expect(whole).toHaveLength(700 * 5);
    expect(await answered('softmaxCrossEntropy', [0, 1, 130, 131, 640, 700], 3)).toEqual(whole);
  });

  it('are probabilities of classes, probabilities of each output, or values', async () => {
    const values = await answered('squaredError', [0, 700]);
    const chances = await answered('binaryCrossEntropy', [0, 700]);
    const classes = await answered('softmaxCrossEntropy', [0, 700]);
    for (let sample = 0; sample < 700; sample += 37) {
      const row = values.slice(sample * 5, sample * 5 + 5);
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
      for (const [i, z] of row.entries()) {
        expect(chances[sample * 5 + i]).toBeCloseTo(1 / (1 + Math.exp(-z)), 6);
        expect(classes[sample * 5 + i]).toBeCloseTo(Math.exp(z) / total, 6);
      }
    }
  });

  it('are refused for more samples than there are', async () => {
    await expect(answered('squaredError', [0, 701])).rejects.toThrow(RangeError);
  });
});
