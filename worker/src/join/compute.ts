/**
 * The port `Compute` over the threads of this machine. Weights lie once in memory that all threads read; rows of a node
 * go to the threads that compute its pieces; gradient sums come back without a copy and are added along the tree.
 */

import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import type { Compute, ComputeRun, ComputeSession } from '@hivegrad/shared/peer/ports';
import { gradientBytes } from '@hivegrad/shared/protocol/limits';
import { loadKernels, readKernels } from '../kernels-file.ts';
import type { LoadedKernels } from '../wide.ts';
import { loadWideKernels } from '../wide.ts';
import type { ThreadEngine, ThreadRun } from './jobs.ts';
import type { Queue } from './queue.ts';
import { openQueue } from './queue.ts';
import type { Threads } from './threads.ts';
import { startThreads } from './threads.ts';

export interface ThreadsComputeOptions {
  /** Whether to use 256-bit registers where the engine can: the same bits. */
  readonly wide: boolean;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly threadEntry?: URL | undefined;
  /** Memory of this machine in bytes; default what it says itself. */
  readonly memoryBytes?: number | undefined;
  /** Told in a sentence of threads that were lost, and of kernels that are slower than they should be. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

export interface ThreadsCompute extends Compute {
  /** Ends all threads; what is under way is lost. */
  end(): Promise<void>;
}

export function createThreadsCompute(options: ThreadsComputeOptions): ThreadsCompute {
  const { wide, threadEntry, memoryBytes = totalmem(), onNotice = () => {} } = options;
  let count = 1;
  let engine: ThreadEngine | undefined;
  let threads: Threads | undefined;
  let isEnded = false;
  let runs = 0;
  const start = (with_: ThreadEngine): Threads =>
    startThreads({ engine: with_, threads: count, entry: threadEntry, onNotice });
  const started = (): Threads => {
    if (threads === undefined) throw new Error('prepare comes first');
    return threads;
  };
  const queue = openQueue({
    compute: (job) => started().compute(job),
    threads: () => count,
    nowMs: () => performance.now(),
  });

  return {
    setThreads(wanted) {
      const changes = wanted !== count;
      count = wanted;
      if (changes && threads !== undefined && engine !== undefined) {
        // Those of before finish what they hold; the new ones find all they need in their jobs.
        threads.retire();
        threads = start(engine);
        queue.dispatch();
      }
      // One more than there are threads, so that none waits while a result is sent and the next node comes.
      return wanted + 1;
    },

    async prepare() {
      const bytes = await readKernels();
      const loaded: LoadedKernels = wide
        ? await loadWideKernels()
        : { module: await loadKernels(), wide: false };
      if (loaded.warning !== undefined) onNotice(loaded.warning);
      if (isEnded) throw new Error('The threads were ended.');
      engine = { module: loaded.module, wide: loaded.wide };
      threads = start(engine);
      const kernels = createHash('sha256').update(bytes).digest('hex');
      return { kernels, answer: await threads.answer() };
    },

    async open(run) {
      refuseHopeless(run, count, memoryBytes);
      const of = { id: ++runs, run: bare(run) };
      await started().open(of);
      return openSession(of, queue);
    },

    async end() {
      isEnded = true;
      await threads?.end();
    },
  };
}

function openSession(of: ThreadRun, queue: Queue): ComputeSession {
  const held = new Map<number, Uint8Array<SharedArrayBuffer>>();
  return {
    setWeights(version, weights, replaces) {
      const free = replaces === undefined ? undefined : held.get(replaces);
      // No piece reads the replaced version any more, so its place can be written.
      const place = free ?? new Uint8Array(new SharedArrayBuffer(gradientBytes(of.run)));
      if (replaces !== undefined) held.delete(replaces);
      place.set(weights);
      held.set(version, place);
    },
    async compute(task) {
      const body = held.get(task.version);
      if (body === undefined) throw new Error(`version ${task.version} of the weights is not here`);
      return queue.run({ of, weights: { version: task.version, body }, task });
    },
    abort(node) {
      const { step, level, index } = node;
      queue.abort(of, (other) => other.step === step && other.level === level && other.index === index);
    },
    close: () => queue.abort(of, () => true),
  };
}

/** Copies of the weights that each thread has at least: two versions and a gradient sum. */
const COPIES_PER_THREAD = 3;

/** The system would end the process, without a word, where memory is taken that it does not have. */
function refuseHopeless(run: ComputeRun, threads: number, memoryBytes: number): void {
  const bytes = threads * COPIES_PER_THREAD * gradientBytes(run);
  if (bytes <= memoryBytes) return;
  const megabytes = (size: number) => `${Math.ceil(size / 1e6).toLocaleString('en')} MB`;
  throw new Error(
    `${threads === 1 ? 'One thread needs' : `${threads} threads need`} more than ${megabytes(bytes)} of memory for this ` +
      `run, and this machine has ${megabytes(memoryBytes)}. Lend fewer --threads, or leave it to others.`,
  );
}

/** What threads need of a run; a welcome has a secret besides, which goes no further than it has to. */
function bare(run: ComputeRun): ComputeRun {
  const { model, seed, samples, batchSize, shardSize, epochs, parameters, features, targets, weighted } = run;
  return { model, seed, samples, batchSize, shardSize, epochs, parameters, features, targets, weighted };
}
