/**
 * What runs in each thread of a joined worker, for Piscina. A thread has a memory of its own with the network and two
 * versions of the weights in it, and keeps them from one job to the next. Invariant: it computes nothing before it has
 * given the known answer.
 */

import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import type { ComputeThread, ThreadOptions } from '@hivegrad/shared/peer/compute';
import { answerOf, openComputeThread } from '@hivegrad/shared/peer/compute';
import type { Outcome } from '@hivegrad/shared/peer/ports';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { SharedWeights, ThreadEngine, ThreadJob, ThreadReply, ThreadRun } from './jobs.ts';

interface OpenRun {
  readonly id: number;
  readonly thread: ComputeThread;
  /** Versions of the weights that lie in this thread's memory, at most two. */
  versions: readonly number[];
}

let answer: string | undefined;
let open: OpenRun | undefined;

/** Does one job. What it throws is a bug. */
export function work(job: ThreadJob): unknown {
  const options = optionsOf(job.engine);
  answer ??= answerOf(options);
  if (job.kind === 'answer') return { kind: 'answer', answer } satisfies ThreadReply;
  if (answer !== KNOWN_ANSWER) return { kind: 'inexact' } satisfies ThreadReply;
  try {
    const run = runOf(job.of, options);
    if (job.kind === 'open') return { kind: 'opened' } satisfies ThreadReply;
    useWeights(run, job.weights);
    return withoutCopy(run.thread.compute(job.task));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    open = undefined;
    return { kind: 'noMemory', message: error.message } satisfies ThreadReply;
  }
}

function optionsOf({ module, wide }: ThreadEngine): ThreadOptions {
  return {
    kernels: (memory) => instantiateKernels(module, memory, { wide }),
    nowMs: () => performance.now(),
  };
}

function runOf({ id, run }: ThreadRun, options: ThreadOptions): OpenRun {
  if (open?.id === id) return open;
  // The memory of the run before goes first: there may not be room for both.
  open = undefined;
  open = { id, thread: openComputeThread(run, options), versions: [] };
  return open;
}

/** Each thread reads new weights when it first needs them; the older of the two that it has makes room. */
function useWeights(run: OpenRun, { version, body }: SharedWeights): void {
  if (run.versions.includes(version)) return;
  const replaces = run.versions.length < 2 ? undefined : Math.min(...run.versions);
  run.thread.setWeights(version, body, replaces);
  run.versions = [...run.versions.filter((held) => held !== replaces), version];
}

/**
 * A gradient sum goes to the other side instead of being copied there. Piscina ends the process where something without
 * these two symbols is moved.
 */
function withoutCopy(outcome: Outcome): unknown {
  if (outcome.kind !== 'result') return outcome;
  return move({ [transferableSymbol]: [outcome.gradient.buffer], [valueSymbol]: outcome });
}
