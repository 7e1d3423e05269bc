import { DivergenceError } from '@hivegrad/shared/errors';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, weightsDigest } from './checkpoint/format.ts';
import type { LogRecord } from './checkpoint/run-log.ts';
import { runTraining } from './run.ts';
import type { RunEvent, RunParts } from './run-types.ts';
import type { Progress } from './training/progress.ts';
import { startOfRun } from './training/progress.ts';
import type { StepSums } from './training/sums.ts';

const model: ModelSpec = {
  inputSize: 1,
  layers: [{ type: 'dense', units: 1, activation: 'identity', bias: 'none', initializer: 'heNormal' }],
  loss: 'squaredError',
};
const sums = { lossSum: 3, correct: 0, samples: 2 };
const twice = ({ lossSum, correct, samples }: StepSums) => ({
  lossSum: lossSum * 2,
  correct: correct * 2,
  samples: samples * 2,
});

interface Fakes {
  /** The step that diverges. */
  readonly divergesAt?: number;
  /** What saves wait for. */
  readonly saved?: Promise<void>;
  /** Sums of the validation part after a step. */
  readonly validated?: (step: number) => StepSums;
}

/** Parts that note what is asked of them; the one weight counts steps. */
function fakeParts({
  divergesAt = Number.POSITIVE_INFINITY,
  saved = Promise.resolve(),
  validated,
}: Fakes = {}) {
  const calls: string[] = [];
  const records: LogRecord[] = [];
  let checkpoint = new Uint8Array(0);
  let weights = Float32Array.of(0);
  const note = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  const parts = {
    pool: {
      runSteps: async (from: number, to: number) => {
        const at = Math.min(to, divergesAt);
        weights = Float32Array.of(at);
        const done = { at, sums: Array(at - from).fill(sums), diverged: at === divergesAt };
        return note(`steps ${from} to ${at}`, done);
      },
      evaluate: async (step: number, part: string) =>
        note(
          `evaluate ${part} ${step}`,
          part === 'validation' ? validated!(step) : { ...sums, lossSum: step },
        ),
      version: () => ({ weights: weights.slice(), state: new Float32Array(0) }),
      setVersion: (step: number, values: Float32Array) => {
        weights = values.slice();
        note(`set ${step} to the weights of ${values[0]}`, undefined);
      },
      hold: () => note('hold', undefined),
      sumsSoFar: () => sums,
    },
    store: {
      save: async (step: number, bytes: Uint8Array<ArrayBuffer>) => {
        note(`save ${step}`, undefined);
        await saved;
        checkpoint = bytes;
        note(`saved ${step}`, undefined);
      },
    },
    log: {
      append: (record: LogRecord) => {
        records.push(record);
        note(`line ${record.kind} ${record.step}`, undefined);
      },
      flush: async () => note('flush', undefined),
    },
    model,
    parameters: [{ name: 'layers.0.weight', layer: 0, shape: [1, 1], offset: 0, size: 1 }],
    optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
    configDigest: 'c'.repeat(64),
    dataDigest: 'd'.repeat(64),
  };
  const lastCheckpoint = () => decodeCheckpoint(checkpoint, 'f');
  return { calls, records, lastCheckpoint, parts: parts as unknown as RunParts };
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
    'evaluate test 2',
    'line epoch 2',
    'flush',
    'save 2',
    'saved 2',
  ]);
  expect(result).toEqual({
    outcome: 'finished',
    step: 2,
    weightsDigest: weightsDigest(Float32Array.of(2)),
    test: { ...sums, lossSum: 2 },
    stoppedEarly: false,
  });
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

it('tells what happens in order, and writes the learning rate of the last step into a line', async () => {
  const { parts, records } = fakeParts();
  const events: RunEvent[] = [];
  await runTraining(parts, {
    ...options,
    learningRate: (step) => 1 / (step + 1),
    onEvent: (event) => events.push(event),
  });
  expect(events).toEqual([
    { type: 'metrics', line: { kind: 'train', step: 2, epoch: 1, sums: twice(sums) }, record: records[0] },
    {
      type: 'metrics',
      line: { kind: 'epoch', step: 2, epoch: 1, train: twice(sums), test: { ...sums, lossSum: 2 } },
      record: records[1],
    },
    { type: 'checkpoint', step: 2 },
  ]);
  expect(records[0]).toMatchObject({ kind: 'train', step: 2, epoch: 1, loss: 1.5, learningRate: 0.5 });
  expect(records[1]).toMatchObject({ kind: 'epoch', train: { loss: 1.5 }, test: { loss: 1 } });
});

it('holds a stretch that begins while a listener stops the run', async () => {
  const { calls, parts } = fakeParts();
  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === 'metrics' && event.line.kind === 'epoch') stop.abort();
  };
  const result = await runTraining(parts, { ...options, epochs: 3, onEvent, stop: stop.signal });
  expect(calls.slice(3, 6)).toEqual(['line epoch 2', 'steps 2 to 4', 'hold']);
  expect(result).toMatchObject({ outcome: 'stopped', step: 4 });
});

it('ends with the error of a listener', async () => {
  const { parts } = fakeParts();
  const onEvent = () => {
    throw new Error('no listener');
  };
  await expect(runTraining(parts, { ...options, onEvent })).rejects.toThrow('no listener');
});

describe('with early stopping', () => {
  const losses = [9, 4, 3, 5, 5, 1];
  const validated = (step: number) => ({ lossSum: losses[step / 2 - 1]!, correct: 0, samples: 2 });
  const early = {
    ...options,
    epochs: 6,
    validation: true,
    earlyStopping: { patience: 2, minDelta: 0, metric: 'loss' },
  } as const;
  const result = {
    outcome: 'finished',
    step: 10,
    weightsDigest: weightsDigest(Float32Array.of(6)),
    validation: validated(6),
    test: { ...sums, lossSum: 6 },
    best: { epoch: 3, step: 6 },
    stoppedEarly: true,
  };

  it('ends with the weights and the sums of the best epoch, which its last checkpoint holds', async () => {
    const { calls, records, lastCheckpoint, parts } = fakeParts({ validated });
    const best: number[] = [];
    const onEvent = (event: RunEvent) => {
      if (event.type === 'best') best.push(event.epoch);
    };
    expect(await runTraining(parts, { ...early, onEvent })).toEqual(result);
    expect(best).toEqual([1, 2, 3]);
    expect(calls.slice(-8)).toEqual([
      'line train 10',
      'evaluate validation 10',
      'evaluate test 10',
      'line epoch 10',
      'set 10 to the weights of 6',
      'flush',
      'save 10',
      'saved 10',
    ]);
    expect(records.at(-1)).toMatchObject({ validation: { loss: 2.5 }, test: { loss: 5 } });
    expect([...lastCheckpoint().weights]).toEqual([6]);
    expect(lastCheckpoint()).not.toHaveProperty('bestWeights');
  });

  it('keeps the best weights beside the present ones in a checkpoint, and ends alike after a resume', async () => {
    const first = fakeParts({ validated });
    const stop = new AbortController();
    const onEvent = (event: RunEvent) => {
      if (event.type === 'metrics' && event.line.step === 8) stop.abort();
    };
    const stopped = await runTraining(first.parts, { ...early, onEvent, stop: stop.signal });
    expect(stopped).toMatchObject({ outcome: 'stopped', step: 8, best: { epoch: 3 }, stoppedEarly: false });
    expect(stopped).toMatchObject({ validation: validated(8), test: { lossSum: 8 } });
    const { weights, bestWeights, extra } = first.lastCheckpoint();
    expect([[...weights], [...bestWeights!]]).toEqual([[8], [6]]);
    const second = fakeParts({ validated });
    second.parts.pool.setVersion(8, weights, new Float32Array(0));
    const progress = JSON.parse(extra.progress!) as Progress;
    const resumed = { progress, resumed: true, bestWeights: bestWeights! };
    expect(await runTraining(second.parts, { ...early, ...resumed })).toEqual(result);
  });

  it('trains nothing and says the same where a run that has ended is resumed', async () => {
    const first = fakeParts({ validated });
    await runTraining(first.parts, early);
    const { weights, extra } = first.lastCheckpoint();
    const second = fakeParts({ validated });
    second.parts.pool.setVersion(10, weights, new Float32Array(0));
    const progress = JSON.parse(extra.progress!) as Progress;
    expect(await runTraining(second.parts, { ...early, progress, resumed: true })).toEqual(result);
    expect(second.calls).toEqual(['set 10 to the weights of 6']);
  });
});
