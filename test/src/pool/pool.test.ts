/** The pool: the same bits for any number of threads, and after any loss of a thread in either phase. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import type { TrainingSpec } from '@hivegrad/worker/layout';
import type { LocalPool } from '@hivegrad/worker/pool';
import { openPool } from '@hivegrad/worker/pool';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault, Faults } from '../faults/thread.ts';
import type { Engine } from '../support/bench-network.ts';
import { clouds, digestOf, uniform } from '../support/datasets.ts';

const train = clouds(1, { samples: 250, width: 19, classes: 5, bytes: true });
const test = clouds(2, { samples: 300, width: 19, classes: 5, bytes: true });
const spec: TrainingSpec = {
  model: {
    inputSize: 19,
    layers: [
      { type: 'dense', units: 33, activation: 'gelu', bias: 'unit', initializer: 'heNormal' },
      { type: 'dense', units: 12, activation: 'tanh', bias: 'layer', initializer: 'glorotUniform' },
      { type: 'dense', units: 5, activation: 'identity', bias: 'none', initializer: 'glorotNormal' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: constantRate,
  clipping: noClipping,
  batchSize: 60,
  shardSize: 7,
  seed: 3,
};
const stepsPerEpoch = 5;
const faultyThread = new URL('../../dist/faults/thread.js', import.meta.url);

interface Options {
  threads: number;
  epochs: number;
  engine?: Engine;
  spec?: TrainingSpec;
  train?: typeof train;
  threadEntry?: URL;
  onNotice?: (sentence: string) => void;
  /** Called before each stretch. */
  between?: (pool: LocalPool, step: number) => void;
}

async function trained(options: Options) {
  const used = options.spec ?? spec;
  const { threads, engine, threadEntry, onNotice } = options;
  const pool = await openPool({
    spec: used,
    parts: { train: options.train ?? train, test },
    threads,
    ...(engine && { engine }),
    ...(threadEntry && { threadEntry }),
    ...(onNotice && { onNotice }),
  });
  try {
    pool.setVersion(0, initialWeights(used.model, used.seed), new Float32Array(2 * pool.layout.parameters));
    const sums = [];
    for (let step = 0; step < options.epochs * stepsPerEpoch; ) {
      const epochEnd = (Math.floor(step / stepsPerEpoch) + 1) * stepsPerEpoch;
      options.between?.(pool, step);
      const done = await pool.runSteps(step, epochEnd);
      sums.push(...done.sums);
      step = done.at;
    }
    const tested = await pool.evaluate(options.epochs * stepsPerEpoch, 'test');
    const { weights, state } = pool.version(options.epochs * stepsPerEpoch);
    return { digest: digestOf(weights), state: digestOf(state), sums, tested };
  } finally {
    await pool.close();
  }
}

describe('threads', () => {
  it('give the same weights, state and losses whatever their number', async () => {
    const one = await trained({ threads: 1, epochs: 4 });
    for (const threads of [2, 3, 7]) expect(await trained({ threads, epochs: 4 })).toEqual(one);
    expect(one.sums.at(-1)!.lossSum).toBeLessThan(one.sums[0]!.lossSum);
    expect(one.tested.samples).toBe(300);
  });

  it('give the weights of the plain TypeScript kernels', async () => {
    expect(await trained({ threads: 2, epochs: 2, engine: 'plain' })).toEqual(
      await trained({ threads: 2, epochs: 2 }),
    );
  });

  it('give other weights for another seed, shard size or data set', async () => {
    const runs = [
      await trained({ threads: 2, epochs: 1 }),
      await trained({ threads: 2, epochs: 1, spec: { ...spec, seed: 4 } }),
      await trained({ threads: 2, epochs: 1, spec: { ...spec, shardSize: 8 } }),
      await trained({
        threads: 2,
        epochs: 1,
        train: clouds(9, { samples: 250, width: 19, classes: 5, bytes: true }),
      }),
    ];
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(4);
  });

  it('stop at a step boundary when asked, and go on to the same weights', async () => {
    const held = await trained({
      threads: 2,
      epochs: 4,
      between: (pool) => queueMicrotask(() => pool.hold()),
    });
    expect(held).toEqual(await trained({ threads: 2, epochs: 4 }));
  });

  it('walk nodes of more samples than one pass takes, along the same tree', async () => {
    const large = clouds(5, { samples: 1500, width: 6, classes: 3 });
    const model = { ...spec.model, inputSize: 6, layers: spec.model.layers.slice(2) };
    const wide = {
      ...spec,
      model: { ...model, layers: [{ ...model.layers[0]!, units: 3 }] },
      batchSize: 1400,
    };
    const run = async (threads: number) => {
      const pool = await openPool({ spec: wide, parts: { train: large, test: large }, threads });
      try {
        pool.setVersion(0, initialWeights(wide.model, 1), new Float32Array(2 * pool.layout.parameters));
        const { sums } = await pool.runSteps(0, 2);
        return { sums, weights: pool.version(2).weights, tested: await pool.evaluate(2, 'test') };
      } finally {
        await pool.close();
      }
    };
    const one = await run(1);
    expect(await run(3)).toEqual(one);
    expect(await run(7)).toEqual(one);
  });

  it('report the step that is not finite and keep the weights before it', async () => {
    const wild = { ...spec, optimizer: { ...sgd, learningRate: 1e30 } };
    const pool = await openPool({ spec: wild, parts: { train, test }, threads: 2 });
    try {
      const before = initialWeights(wild.model, 1);
      pool.setVersion(0, before, new Float32Array(0));
      const done = await pool.runSteps(0, stepsPerEpoch);
      expect(done.diverged).toBe(true);
      expect(done.sums).toHaveLength(done.at);
      expect(pool.version(done.at).weights.every(Number.isFinite)).toBe(true);
    } finally {
      await pool.close();
    }
  });
});

const sgd = { type: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 } as const;

describe('a thread that is lost', () => {
  let marks = '';
  const withFaults = (faults: readonly Fault[]) => {
    marks = mkdtempSync(join(tmpdir(), 'hivegrad-faults-'));
    process.env.HIVEGRAD_TEST_FAULTS = JSON.stringify({ marks, faults } satisfies Faults);
  };
  afterEach(() => {
    delete process.env.HIVEGRAD_TEST_FAULTS;
    rmSync(marks, { recursive: true, force: true });
  });
  const kinds = ['throw', 'trap', 'stack', 'exit', 'memory', 'hang'] as const;

  it.each(kinds.flatMap((kind) => (['compute', 'update'] as const).map((phase) => ({ kind, phase }))))(
    'by $kind while it must $phase costs no bit',
    async ({ kind, phase }) => {
      withFaults([{ kind, phase, step: 7 }]);
      const lost: string[] = [];
      const run = await trained({
        threads: 2,
        epochs: 3,
        threadEntry: faultyThread,
        onNotice: (sentence) => lost.push(sentence),
      });
      expect(lost).toHaveLength(1);
      expect(run).toEqual(await trained({ threads: 2, epochs: 3 }));
    },
  );

  it('thirty times at random steps, in both phases, costs no bit', async () => {
    const random = uniform(30);
    const sudden = ['throw', 'trap', 'stack', 'exit'] as const;
    const faults = Array.from({ length: 30 }, () => ({
      kind: sudden[Math.floor(random() * sudden.length)]!,
      phase: random() < 0.5 ? ('compute' as const) : ('update' as const),
      step: Math.floor(random() * 20 * stepsPerEpoch),
    }));
    withFaults(faults);
    const run = await trained({ threads: 3, epochs: 20, threadEntry: faultyThread });
    expect(readdirSync(marks)).toHaveLength(30);
    expect(run).toEqual(await trained({ threads: 1, epochs: 20 }));
  });

  it('three times over the same samples ends the run and names them', async () => {
    withFaults([{ kind: 'throw', phase: 'compute', step: 2, always: true }]);
    await expect(trained({ threads: 1, epochs: 1, threadEntry: faultyThread })).rejects.toMatchObject({
      code: 'POISON_SHARD',
      message: expect.stringMatching(
        /^At step 2 3 threads were lost one after the other \(thrown on purpose\)/,
      ),
    });
  });
});
