import type { ComputeRun, ComputeTask } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';
import { describe, expect, it } from 'vitest';
import type { ThreadRun } from './jobs.ts';
import { openQueue } from './queue.ts';
import type { PieceJob } from './threads.ts';

const SHARD = 2;
const run: ComputeRun = {
  model: { inputSize: 1, layers: [], loss: 'squaredError' },
  seed: 0,
  samples: 1000,
  batchSize: 1000,
  shardSize: SHARD,
  epochs: 1,
  parameters: 1,
  features: { kind: 'u8', width: 1, scale: 'none' },
  targets: { kind: 'classes', classes: 2 },
  weighted: false,
};
const of: ThreadRun = { id: 1, run };
const weights = { version: 0, body: new Uint8Array(new SharedArrayBuffer(4)) };

/** A node of level 3, which has 8 shards. */
function task(index: number): ComputeTask {
  const [begin, end] = [index * 8 * SHARD, (index + 1) * 8 * SHARD];
  const rows = {
    features: Uint8Array.from({ length: end - begin }, (_, i) => begin + i),
    targets: new Uint8Array((end - begin) * 4),
    weights: new Uint8Array(0),
  };
  return { node: { step: 0, level: 3, index }, version: 0, begin, end, rows };
}

/** What a piece gives; its gradient counts shards, so that a sum shows whether all were added. */
function computed({ begin, end }: ComputeTask, usPerShard: number): Computed {
  const shards = (end - begin) / SHARD;
  const gradient = new Uint8Array(Float32Array.of(shards).buffer);
  return { kind: 'result', lossBits: 0, correct: shards, computeUs: shards * usPerShard, gradient };
}

/** A queue whose pieces are done when the test says so. */
function open(threads: number, usPerShard = 1000) {
  const pieces: { job: PieceJob; done: (result: Computed) => void; fail: (error: Error) => void }[] = [];
  let nowMs = 0;
  const queue = openQueue({
    threads: () => threads,
    nowMs: () => nowMs,
    compute: (job) => new Promise((done, fail) => pieces.push({ job, done, fail })),
  });
  /** Lets the promises that are settled be taken notice of. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    queue,
    begin: (index: number) => queue.run({ of, weights, task: task(index) }),
    /** Pieces that threads hold, as level and index. */
    held: () => pieces.map(({ job }) => `${job.task.node.level}/${job.task.node.index}`),
    async finish(count = 1) {
      for (const { job, done } of pieces.splice(0, count)) done(computed(job.task, usPerShard));
      await settle();
    },
    async fail(message: string) {
      pieces.shift()!.fail(new Error(message));
      await settle();
    },
    /** So much time goes by. */
    pass(ms: number) {
      nowMs += ms;
    },
    rowsHeld: () => pieces.map(({ job }) => [...job.task.rows.features]),
  };
}

describe('the queue of nodes', () => {
  it('gives a node that is alone to all threads, in pieces with their own rows, and adds them', async () => {
    const { begin, held, rowsHeld, finish, pass } = open(4);
    const outcome = begin(1);
    expect(held()).toEqual(['1/4', '1/5', '1/6', '1/7']);
    pass(2.5);
    expect(rowsHeld()).toEqual([
      [16, 17, 18, 19],
      [20, 21, 22, 23],
      [24, 25, 26, 27],
      [28, 29, 30, 31],
    ]);
    await finish(4);
    expect(await outcome).toMatchObject({ kind: 'result', correct: 8, computeUs: 2500 });
  });

  it('cuts finer where the threads are no power of two, and keeps them busy in turn', async () => {
    const { begin, held, finish } = open(3);
    const outcome = begin(0);
    expect(held()).toEqual(['0/0', '0/1', '0/2']);
    await finish();
    expect(held()).toEqual(['0/1', '0/2', '0/3']);
    for (let i = 0; i < 7; i++) await finish();
    expect(await outcome).toMatchObject({ correct: 8 });
  });

  it('cuts nothing where as many nodes as threads wait, and the last one again', async () => {
    const { begin, held, finish } = open(2);
    const outcomes = [0, 1, 2, 3].map((index) => begin(index));
    expect(held()).toEqual(['2/0', '2/1']);
    await finish(2);
    expect(held()).toEqual(['3/1', '3/2']);
    await finish();
    expect(held()).toEqual(['3/2', '2/6']);
    await finish(2);
    await finish();
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind);
    expect(kinds).toEqual(['result', 'result', 'result', 'result']);
  });

  it('does not cut a node that takes less time than the cut is worth', async () => {
    const { begin, held, finish } = open(4, 100);
    const first = begin(0);
    await finish(4);
    await first;
    void begin(1);
    expect(held()).toEqual(['3/1']);
  });

  it('settles an aborted node when no thread has a piece of it any more', async () => {
    const { queue, begin, held, finish } = open(2);
    const [first, second] = [begin(0), begin(1)];
    await finish();
    expect(held()).toEqual(['2/1', '2/2']);
    const third = begin(2);
    const settled: string[] = [];
    for (const [name, outcome] of Object.entries({ first, second, third })) {
      void outcome.then(({ kind }) => settled.push(`${name} ${kind}`));
    }
    queue.abort(of, () => true);
    await finish(0);
    expect(settled).toEqual(['third aborted']);
    await finish(2);
    expect(settled).toEqual(['third aborted', 'first result', 'second aborted']);
    expect(held()).toEqual([]);
  });

  it('leaves out the pieces of an aborted node that were not begun', async () => {
    const { queue, begin, held, finish } = open(3);
    const outcome = begin(0);
    queue.abort({ id: 2, run }, () => true);
    queue.abort(of, ({ index }) => index === 1);
    await finish();
    expect(held()).toEqual(['0/1', '0/2', '0/3']);
    queue.abort(of, ({ index }) => index === 0);
    await finish(3);
    expect(await outcome).toEqual({ kind: 'aborted' });
    expect(held()).toEqual([]);
  });

  it('rejects a node whose piece failed, and goes on with the next', async () => {
    const { begin, held, finish, fail } = open(2);
    const [first, second] = [begin(0), begin(1)];
    const rejected = expect(first).rejects.toThrow('lost');
    await fail('lost');
    await finish();
    await rejected;
    await finish(held().length);
    expect(await second).toMatchObject({ correct: 8 });
  });

  it('can make a piece again for another thread', async () => {
    const jobs: PieceJob[] = [];
    const queue = openQueue({
      threads: () => 4,
      nowMs: () => 0,
      compute: (job) => {
        jobs.push(job);
        return new Promise(() => {});
      },
    });
    void queue.run({ of, weights, task: task(1) });
    expect(jobs.map(({ again }) => again())).toEqual(jobs.map((job) => job.task));
  });
});
