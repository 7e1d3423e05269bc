/**
 * The threads of a joined worker: Piscina starts them, replaces those that die and ends them. In: jobs; out: their
 * answers, whichever thread gave them. A job whose thread was lost is done again by another, to the same bits.
 */

import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import type { ComputeTask } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';
import { Piscina } from 'piscina';
import type { SharedWeights, ThreadEngine, ThreadJob, ThreadReply, ThreadRun } from './jobs.ts';

/** A thread keeps tensors outside its heap; this much is plenty for the rest. */
const THREAD_HEAP_MB = 128;
/** Threads that may be lost over one job, until it is given up. */
const LOSSES_MAX = 3;

export interface ThreadsOptions {
  readonly engine: ThreadEngine;
  readonly threads: number;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly entry?: URL | undefined;
  /** Told in a sentence of every thread that was lost. */
  readonly onNotice: (sentence: string) => void;
}

/** Its calls reject with an error whose message may be shown. At most as many at a time as there are threads. */
export interface Threads {
  /** What the threads made of the known-answer test: one that is wrong, if there is one. */
  answer(): Promise<string>;
  /** Takes the memory that a run needs in each thread. Rejects with a RangeError where there is too little. */
  open(of: ThreadRun): Promise<void>;
  compute(job: PieceJob): Promise<Computed>;
  /** Ends all threads when they have done what was begun; nothing may be begun any more. */
  retire(): void;
  /** Ends all threads at once. */
  end(): Promise<void>;
}

export interface PieceJob {
  readonly of: ThreadRun;
  readonly weights: SharedWeights;
  /** Its rows go to the thread without a copy. */
  readonly task: ComputeTask;
  /** Makes the task again, for a job whose thread was lost. */
  readonly again: () => ComputeTask;
}

interface Posted {
  readonly job: ThreadJob;
  readonly transferList?: ArrayBuffer[];
}

export function startThreads({ engine, threads, entry, onNotice }: ThreadsOptions): Threads {
  const filename = (entry ?? builtThreadEntry()).href;
  const piscina = new Piscina({
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Threads run built JavaScript; flags that a test runner or loader gave this process would only mislead them.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  });
  // What kills a thread reaches us as the rejection of its task.
  piscina.on('error', () => {});

  const { run, retire, end } = createRunner(piscina, { filename, onNotice });
  const everywhere = (job: ThreadJob) =>
    Promise.all(Array.from({ length: threads }, () => run(() => ({ job }))));

  return {
    async answer() {
      const replies = await everywhere({ kind: 'answer', engine });
      const answers = replies.map((reply) => (reply.kind === 'answer' ? reply.answer : ''));
      return answers.find((answer) => answer !== KNOWN_ANSWER) ?? KNOWN_ANSWER;
    },
    async open(of) {
      await everywhere({ kind: 'open', engine, of });
    },
    async compute({ of, weights, task: first, again }) {
      const reply = await run((losses) => {
        const task = losses === 0 ? first : again();
        const { features, targets, weights: rowWeights } = task.rows;
        return {
          job: { kind: 'compute', engine, of, weights, task },
          transferList: [features.buffer, targets.buffer, rowWeights.buffer],
        };
      });
      return reply as Computed;
    },
    retire,
    end,
  };
}

interface RunnerOptions {
  readonly filename: string;
  readonly onNotice: (sentence: string) => void;
}

/** Runs jobs, and again those whose thread was lost; `make` is told how many were. */
function createRunner(piscina: Piscina, { filename, onNotice }: RunnerOptions) {
  let isEnded = false;
  let isRetired = false;
  let jobs = 0;
  const end = (): Promise<void> => {
    isEnded = true;
    return piscina.destroy();
  };
  const endIfRetired = (): void => {
    if (isRetired && jobs === 0) void end();
  };
  const attempt = async (make: (losses: number) => Posted): Promise<ThreadReply> => {
    for (let losses = 1; ; losses++) {
      const { job, transferList = [] } = make(losses - 1);
      try {
        // Named here and not for the pool, which would never settle a task whose module does not load.
        const reply = await piscina.run(job, { filename, name: 'work', transferList });
        return refused(reply as ThreadReply);
      } catch (error) {
        if (isEnded || error instanceof RangeError || error instanceof InexactThread) throw error;
        if (losses === LOSSES_MAX) throw lostAll(error);
        onNotice(`A thread was lost (${sentence(error)}); its work is done again.`);
      }
    }
  };
  const run = async (make: (losses: number) => Posted): Promise<ThreadReply> => {
    jobs++;
    try {
      return await attempt(make);
    } finally {
      jobs--;
      endIfRetired();
    }
  };

  return {
    run,
    end,
    retire(): void {
      isRetired = true;
      endIfRetired();
    },
  };
}

/** A thread that was tested only later, since it took the place of one that was lost. */
class InexactThread extends Error {}

/** The reply, unless it says that the job could not be done by any thread. */
function refused(reply: ThreadReply): ThreadReply {
  if (reply.kind === 'noMemory') throw new RangeError(reply.message);
  if (reply.kind === 'inexact') {
    throw new InexactThread(
      `A thread does not give the known answer any more (Node ${process.version}, ${process.arch}), so its results ` +
        'would differ from those of others. Look at the memory of this machine, or leave it to others.',
    );
  }
  return reply;
}

function lostAll(error: unknown): Error {
  return new Error(
    `${LOSSES_MAX} threads were lost one after the other over the same work (${sentence(error)}), so this machine ` +
      'gives up. It may have too little memory.',
    { cause: error },
  );
}

/** Threads run what was built, also where the sources are run: Node 20 loads no TypeScript in a thread. */
function builtThreadEntry(): URL {
  const path = import.meta.url.endsWith('.ts') ? '../../dist/join/thread.js' : './thread.js';
  return new URL(path, import.meta.url);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]!.replace(/\.$/, '') : String(error);
}
