/**
 * The threads of a pool, kept at their number until they are told to quit. Piscina gives them their life: it starts
 * them, replaces those that die and ends them. Each runs one long task that serves the mailbox in shared memory, so a
 * step costs no trip through an event loop.
 *
 * A thread may throw, trap, exit, run out of memory or hang, in either phase: once it is gone its tasks are freed,
 * others do them again to the same bits, and a new thread takes its place. A task that takes one thread after the
 * other with it is poisoned and ends the run.
 */

import type { Worker } from 'node:worker_threads';
import { batchOfStep } from '@hivegrad/shared/data/sampler';
import { UserError } from '@hivegrad/shared/errors';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { samplesOfNode } from '@hivegrad/shared/reduce/tree';
import { Piscina } from 'piscina';
import type { Control, Job } from './control.ts';
import { PHASE_COMPUTE, phaseOf } from './control.ts';
import { createFailure } from './failure.ts';
import { nodesOfBatch } from './layout.ts';
import type { ThreadTask } from './serve.ts';
import type { Shared } from './shared.ts';
import { startWatch } from './watch.ts';

export interface Crew {
  /** Settles as `work` does, or rejects when the pool cannot go on. */
  orFailure<T>(work: Promise<T>): Promise<T>;
  quit(): Promise<void>;
}

export interface CrewOptions {
  readonly threads: number;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly threadEntry?: URL | undefined;
  /** Told of every thread that was lost, in one sentence. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/** A thread keeps tensors outside its heap; this much is plenty for the rest. */
const THREAD_HEAP_MB = 128;
/** Threads that may be lost on one task, or before they take one, until the run ends. */
const LOSSES_MAX = 3;

export function startCrew(shared: Shared, control: Control, options: CrewOptions): Crew {
  const { threads, onNotice } = options;
  const filename = (options.threadEntry ?? builtThreadEntry()).href;
  const piscina = new Piscina({
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
    // Threads run built JavaScript; flags that a test runner or loader gave this process would only mislead them.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  });
  // What kills a thread reaches us as the rejection of its task.
  piscina.on('error', () => {});
  const exits = trackExits(piscina);
  const losses = countLosses(shared, control);
  const aborts = new Map<number, AbortController>();
  const watch = startWatch(control, shared, (owner) => aborts.get(owner)?.abort());

  const keepServing = async (thread: number): Promise<void> => {
    const owner = thread + 1;
    while (!control.quitRequested()) {
      const abort = new AbortController();
      aborts.set(owner, abort);
      const task: ThreadTask = { shared, thread };
      try {
        // Named here and not for the pool, which would never settle a task whose module does not load.
        const run = piscina.run(task, { filename, signal: abort.signal });
        exits.note();
        const { exact } = (await run) as { exact: boolean };
        if (!exact) throw inexactEngine();
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (control.quitRequested()) return;
        // A thread that still runs could write where others already write the next step.
        await exits.ofLostThreads();
        const freed = control.release(owner);
        losses.count(freed, error);
        onNotice?.(`Thread ${owner} was lost (${sentence(error)}); its work is done again.`);
      }
    }
  };

  const { fail, orFailure } = createFailure();
  const served = Array.from({ length: threads }, (_, thread) => keepServing(thread).catch(fail));
  return {
    orFailure,
    async quit() {
      watch.stop();
      control.quit();
      await orFailure(Promise.all(served)).catch(() => {});
      await piscina.destroy();
    },
  };
}

/** Threads cannot run TypeScript on Node 20, so from the sources too they run what the build wrote. */
function builtThreadEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../dist/thread.js' : './thread.js', import.meta.url);
}

/** Knows when threads that Piscina no longer lists have really ended. */
function trackExits(piscina: Piscina) {
  const exits = new Map<Worker, Promise<void>>();
  const note = () => {
    for (const worker of piscina.threads) {
      if (!exits.has(worker))
        exits.set(worker, new Promise((resolve) => worker.once('exit', () => resolve())));
    }
  };
  return {
    note,
    async ofLostThreads(): Promise<void> {
      note();
      const alive = new Set(piscina.threads);
      for (const [worker, exit] of exits) {
        if (alive.has(worker)) continue;
        await exit;
        exits.delete(worker);
      }
    },
  };
}

/** Decides when losing threads over the same work is no accident any more. */
function countLosses(shared: Shared, control: Control) {
  let ticket = -1;
  let perTask = new Map<number, number>();
  let idle = 0;
  return {
    count(freed: readonly number[], error: unknown): void {
      if (control.ticket() !== ticket) {
        ticket = control.ticket();
        perTask = new Map();
        idle = 0;
      }
      if (freed.length === 0 && ++idle >= LOSSES_MAX * shared.layout.threads) {
        throw new Error(`The threads of the pool do not start: ${sentence(error)}.`, { cause: error });
      }
      for (const task of freed) {
        const count = (perTask.get(task) ?? 0) + 1;
        perTask.set(task, count);
        if (count >= LOSSES_MAX) throw poisoned(shared, control, task, error);
      }
    },
  };
}

function poisoned(shared: Shared, control: Control, task: number, error: unknown): UserError {
  const job = control.job();
  const step = job.from + ((control.ticket() - control.jobTicket()) >> 2);
  const lost = `${LOSSES_MAX} threads were lost one after the other (${sentence(error)})`;
  const batch = batchOfStep(step, shared.parts.train?.samples ?? 0, shared.spec.batchSize);
  const node = nodeOfTask(shared, job, { samples: batch.count, task });
  if (node === undefined || phaseOf(control.ticket()) !== PHASE_COMPUTE) {
    return new UserError('POISON_SHARD', `At step ${step} ${lost}. The run stops at its last checkpoint.`, {
      cause: error,
    });
  }
  const { begin, end } = samplesOfNode(node, batch.count, shared.spec.shardSize);
  const order = new Uint32Array(shared.order).subarray(batch.begin + begin, batch.begin + end);
  const shown = [...order.subarray(0, 20)].join(', ') + (order.length > 20 ? ', ...' : '');
  return new UserError(
    'POISON_SHARD',
    `At step ${step} ${lost} over the same ${order.length} samples: ${shown} (counted from 0 in the training ` +
      'set). Look at these samples; the run can be resumed from its last checkpoint.',
    { cause: error },
  );
}

/** The node that is a compute task of a job, if it is one of a step. */
function nodeOfTask(
  { spec, layout, round }: Shared,
  job: Job,
  { samples, task }: { readonly samples: number; readonly task: number },
): Node | undefined {
  if (job.kind === 'train') {
    return { level: nodesOfBatch(samples, spec.shardSize, layout.threads).level, index: task };
  }
  if (job.kind !== 'nodes') return undefined;
  const [, level, index] = new Int32Array(round).subarray(task * 3);
  return { level: level!, index: index! };
}

function inexactEngine(): UserError {
  return new UserError(
    'ENGINE_NOT_EXACT',
    `The kernels do not give the known answer on this engine (Node ${process.version}, ${process.arch}), so its ` +
      'results would differ from those of other machines. Use another Node version or machine.',
  );
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]!.replace(/\.$/, '') : String(error);
}
