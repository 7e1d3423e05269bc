import { DivergenceError } from '@hivegrad/shared/errors';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { expect, it } from 'vitest';
import type { LogRecord } from './checkpoint/run-log.ts';
import type { RunParts } from './run.ts';
import { runTraining } from './run.ts';
import { startOfRun } from './training/core.ts';

const model: ModelSpec = {
  inputSize: 1,
  layers: [{ type: 'dense', units: 1, activation: 'identity', bias: 'none', initializer: 'heNormal' }],
  loss: 'squaredError',
};
const sums = { lossSum: 3, correct: 0, samples: 2 };

/** Parts that note what is asked of them; step `divergesAt` diverges, and saves wait for `saved`. */
function fakeParts(options: { divergesAt?: number; saved?: Promise<void> } = {}) {
  const { divergesAt = Number.POSITIVE_INFINITY, saved = Promise.resolve() } = options;
  const calls: string[] = [];
  const note = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  const parts = {
    pool: {
      runSteps: async (from: number, to: number) => {
        const at = Math.min(to, divergesAt);
        const done = { at, sums: Array(at - from).fill(sums), diverged: at === divergesAt };
        return note(`steps ${from} to ${at}`, done);
      },
      evaluate: async (step: number) => note(`evaluate ${step}`, sums),
      version: () => ({ weights: new Float32Array([1]), state: new Float32Array(0) }),
      hold: () => note('hold', undefined),
      sumsSoFar: () => sums,
    },
    store: {
      save: async (step: number) => {
        note(`save ${step}`, undefined);
        await saved;
        note(`saved ${step}`, undefined);
      },
    },
    log: {
      append: ({ step, kind }: LogRecord) => note(`line ${kind} ${step}`, undefined),
      flush: async () => note('flush', undefined),
    },
    model,
    parameters: [{ name: 'layers.0.weight', layer: 0, shape: [1, 1], offset: 0, size: 1 }],
    optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
    configDigest: 'c'.repeat(64),
    dataDigest: 'd'.repeat(64),
  };
  return { calls, parts: parts as unknown as RunParts };
}

const options = {
  stepsPerEpoch: 2,
  epochs: 1,
  metricsEverySteps: 2,
  checkpointSeconds: 60,
  progress: startOfRun,
  resumed: false,
};

it('runs the commands of the core in their order: metrics are on the disk before the checkpoint of their step', async () => {
  const { calls, parts } = fakeParts();
  const result = await runTraining(parts, options);
  expect(calls).toEqual([
    'steps 0 to 2',
    'line train 2',
    'evaluate 2',
    'line epoch 2',
    'flush',
    'save 2',
    'saved 2',
  ]);
  expect(result).toMatchObject({ outcome: 'finished', step: 2, test: sums });
});

it('tells of a divergence only when the checkpoint that was being written is there', async () => {
  let save = () => {};
  const saved = new Promise<void>((resolve) => {
    save = resolve;
  });
  const { calls, parts } = fakeParts({ divergesAt: 1, saved });
  // With no time between checkpoints one is due at the start.
  const run = runTraining(parts, { ...options, checkpointSeconds: 0 });
  let ended = false;
  const settled = run.catch((error: unknown) => {
    ended = true;
    return error;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(['steps 0 to 1', 'flush', 'save 0']);
  expect(ended).toBe(false);
  save();
  const error = await settled;
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toMatchObject({ step: 1, message: expect.stringMatching(/^at step 2 the loss/) });
  expect(calls.at(-1)).toBe('saved 0');
});

it('ends with the error of a part that fails', async () => {
  const { parts } = fakeParts({ saved: Promise.reject(new Error('no disk')) });
  await expect(runTraining(parts, options)).rejects.toThrow('no disk');
});
