import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { openComputeThread } from '@hivegrad/shared/peer/compute';
import type { ComputeRun, ComputeSession, ComputeTask, Outcome } from '@hivegrad/shared/peer/ports';
import { describe, expect, it } from 'vitest';
import { type Channel, createChannel } from './channel.test.support.ts';
import type { Answer, Call } from './messages.ts';
import { createPool } from './pool.ts';
import { serve } from './serve.ts';

const dense = { type: 'dense', bias: 'unit', initializer: 'glorotUniform' } as const;
const model: ModelSpec = {
  inputSize: 3,
  layers: [
    { ...dense, units: 5, activation: 'tanh' },
    { ...dense, units: 2, activation: 'identity' },
  ],
  loss: 'softmaxCrossEntropy',
};
const run: ComputeRun = {
  model,
  seed: 3,
  samples: 500,
  batchSize: 42,
  shardSize: 4,
  epochs: 1,
  parameters: parameterCount(model),
  features: { kind: 'u8', width: 3, scale: 'unit' },
  targets: { kind: 'classes', classes: 2 },
  weighted: false,
};
const plain = () => (memory: { readonly buffer: SharedArrayBuffer }) => createReferenceKernels(memory.buffer);

const weightsOf = (version: number) =>
  new Uint8Array(Float32Array.from({ length: run.parameters }, (_, i) => Math.sin(i + version)).buffer);

/** Node `index` of a level of a step, under the weights of that step. */
function taskOf(step: number, level: number, index: number): ComputeTask {
  const span = run.shardSize << level;
  const [begin, end] = [index * span, Math.min((index + 1) * span, run.batchSize)];
  const count = end - begin;
  return {
    node: { step, level, index },
    version: step,
    begin,
    end,
    rows: {
      features: Uint8Array.from({ length: count * 3 }, (_, i) => (begin * 3 + i * 37) % 256),
      targets: new Uint8Array(Uint32Array.from({ length: count }, (_, i) => i % 2).buffer),
      weights: new Uint8Array(0),
    },
  };
}

/** By one thread, without a pool. */
function alone(task: ComputeTask): Outcome {
  const thread = openComputeThread(run, { kernels: plain(), nowMs: () => 0 });
  thread.setWeights(task.version, weightsOf(task.version), undefined);
  return { ...thread.compute(task), computeUs: 7000 } as Outcome;
}

function isFulfilled<T>(outcome: PromiseSettledResult<T>): outcome is PromiseFulfilledResult<T> {
  return outcome.status === 'fulfilled';
}

interface WorldOptions {
  readonly threads: number;
  readonly sharesMemory?: boolean;
  /** The answer that the thread of this number gives in the place of the right one. */
  readonly wrongThread?: number;
  /** Whether the kernels can be loaded, for each attempt; by default they can. */
  readonly loads?: boolean[];
}

function createWorld({ threads, sharesMemory = false, wrongThread, loads = [] }: WorldOptions) {
  const channels: Channel<Call, Answer>[] = [];
  let nowMs = 0;
  const pool = createPool({
    start() {
      const channel = createChannel<Call, Answer>();
      const number = channels.push(channel) - 1;
      const scope =
        number === wrongThread
          ? {
              ...channel.scope,
              post: (answer: Answer) =>
                channel.scope.post(
                  answer.type === 'done' && typeof answer.value === 'string'
                    ? { type: 'done', value: 'ff'.repeat(32) }
                    : answer,
                ),
            }
          : channel.scope;
      serve(scope, { bind: plain, nowMs: () => 0 });
      return channel.port;
    },
    async load() {
      if (loads.shift() === false) throw new Error('No kernels.');
      return { module: {}, hash: 'ab'.repeat(32) };
    },
    sharesMemory,
    // The first look at the clock is when a node goes out, the second when it is done.
    nowMs: () => (nowMs += 7),
  });
  pool.setThreads(threads);
  const open = async (versions: readonly number[] = [0]): Promise<ComputeSession> => {
    await pool.prepare();
    const session = await pool.open(run);
    for (const version of versions) session.setWeights(version, weightsOf(version), undefined);
    return session;
  };
  return {
    pool,
    channels,
    open,
    living: () => channels.filter(({ isTerminated }) => !isTerminated()).length,
  };
}

describe('a pool of threads', () => {
  it.each([
    [1, false],
    [2, false],
    [3, true],
    [8, true],
  ])('of %i gives the bits of one thread alone, with shared memory: %s', async (threads, sharesMemory) => {
    const { open } = createWorld({ threads, sharesMemory });
    const session = await open();
    for (const [level, index] of [
      [4, 0],
      [3, 1],
      [1, 5],
      [0, 10],
    ] as const) {
      expect(await session.compute(taskOf(0, level, index))).toEqual(alone(taskOf(0, level, index)));
    }
  });

  it('computes several nodes side by side, each with the weights that it names', async () => {
    const { open } = createWorld({ threads: 2 });
    const session = await open([0, 1]);
    const tasks = () => [taskOf(0, 4, 0), taskOf(1, 4, 0), taskOf(0, 2, 1), taskOf(1, 0, 3)];
    const outcomes = await Promise.all(tasks().map((task) => session.compute(task)));
    const withoutTime = (outcome: Outcome) => ({ ...outcome, computeUs: 0 });
    expect(outcomes.map(withoutTime)).toEqual(tasks().map((task) => withoutTime(alone(task))));
  });

  it('replaces weights also in a thread that has not seen all versions', async () => {
    const { open } = createWorld({ threads: 2 });
    const session = await open([0, 1]);
    // One shard is for one thread; the other meets the weights later.
    await session.compute(taskOf(0, 0, 0));
    await session.compute(taskOf(1, 0, 0));
    session.setWeights(2, weightsOf(2), 0);
    session.setWeights(3, weightsOf(3), 1);
    expect(await session.compute(taskOf(3, 4, 0))).toEqual(alone(taskOf(3, 4, 0)));
    expect(await session.compute(taskOf(2, 4, 0))).toEqual(alone(taskOf(2, 4, 0)));
  });

  it('says that a node was aborted, and goes on', async () => {
    const { open } = createWorld({ threads: 1 });
    const session = await open();
    const [first, second] = [session.compute(taskOf(0, 4, 0)), session.compute(taskOf(0, 3, 0))];
    session.abort(taskOf(0, 4, 0).node);
    expect(await first).toEqual({ kind: 'aborted' });
    expect(await second).toMatchObject({ kind: 'result' });
  });

  it('gets more threads and fewer while it works', async () => {
    const { pool, open, living } = createWorld({ threads: 1 });
    const session = await open();
    pool.setThreads(3);
    expect(await session.compute(taskOf(0, 4, 0))).toEqual(alone(taskOf(0, 4, 0)));
    expect(living()).toBe(3);
    const working = session.compute(taskOf(0, 4, 0));
    pool.setThreads(1);
    expect(await working).toEqual(alone(taskOf(0, 4, 0)));
    expect(living()).toBe(1);
  });

  it('asks for two nodes at a time, or for one where it has to rest between', () => {
    const { pool } = createWorld({ threads: 4 });
    expect(pool.setThreads(4)).toBe(2);
    pool.setLanes(1);
    expect(pool.setThreads(4)).toBe(1);
  });

  it('tells the run of an answer that differs from those of the other threads', async () => {
    const right = await createWorld({ threads: 1 }).pool.prepare();
    expect(await createWorld({ threads: 2 }).pool.prepare()).toEqual(right);
    const { answer } = await createWorld({ threads: 3, wrongThread: 2 }).pool.prepare();
    expect(answer).toBe('ff'.repeat(32));
  });

  it('takes its test once, however often it is asked while it does, and again where it failed', async () => {
    const { pool, channels } = createWorld({ threads: 2 });
    const [first, second] = await Promise.all([pool.prepare(), pool.prepare()]);
    expect(second).toEqual(first);
    expect(channels).toHaveLength(2);
    const late = createWorld({ threads: 1, loads: [false, true] });
    await expect(late.pool.prepare()).rejects.toThrow('No kernels.');
    expect(await late.pool.prepare()).toEqual(first);
  });

  it('fails before the first result of a thread that came later and is wrong', async () => {
    const { pool, open, living } = createWorld({ threads: 1, wrongThread: 1 });
    const session = await open();
    pool.setThreads(2);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => session.compute(taskOf(0, 4, 0))),
    );
    const [taken, lost] = [outcomes.filter(isFulfilled), outcomes.filter((outcome) => !isFulfilled(outcome))];
    const right = alone(taskOf(0, 4, 0));
    expect(taken.map(({ value }) => ({ ...value, computeUs: 7000 }))).toEqual(taken.map(() => right));
    expect(lost.length).toBeGreaterThan(10);
    expect(lost[0]).toMatchObject({ reason: { message: expect.stringContaining('the same bits') } });
    expect(living()).toBe(0);
  });

  it('fails with all nodes where a thread breaks, and starts anew for the next run', async () => {
    const { pool, open, channels } = createWorld({ threads: 2 });
    const session = await open();
    const pending = [session.compute(taskOf(0, 4, 0)), session.compute(taskOf(0, 0, 0))];
    channels[0]!.breakDown('It broke.');
    // What it had computed meanwhile comes after that, and is of no use.
    await expect(pending[0]).rejects.toThrow('It broke.');
    await expect(pending[1]).rejects.toThrow('It broke.');
    const next = await pool.open(run);
    next.setWeights(0, weightsOf(0), undefined);
    expect(await next.compute(taskOf(0, 4, 0))).toEqual(alone(taskOf(0, 4, 0)));
  });

  it('frees all threads when its session is closed, but not those of a later session', async () => {
    const { pool, open, living } = createWorld({ threads: 2 });
    const first = await open();
    const second = await pool.open({ ...run });
    first.close();
    expect(living()).toBe(2);
    second.close();
    expect(living()).toBe(0);
  });

  it('says that memory is lacking in a way that tells it from other errors', async () => {
    const { pool } = createWorld({ threads: 1 });
    await pool.prepare();
    const huge = {
      ...run,
      model: {
        ...model,
        inputSize: 2 ** 24,
        layers: [{ ...dense, units: 2 ** 20, activation: 'relu' as const }],
      },
    };
    await expect(pool.open(huge)).rejects.toThrow(RangeError);
  });
});
