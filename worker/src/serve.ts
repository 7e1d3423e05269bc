/**
 * What one thread of a pool does, for as long as it lives: take a task of the present phase, do it, say so, and
 * move the ticket on when it was the last. All threads run the same loop over the same memory; which of them does
 * what changes no bit.
 */

import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import type { Control, Job } from './control.ts';
import { openControl, PHASE_COMPUTE, PHASE_PARKED, PHASE_SQUARES, PHASE_UPDATE, phaseOf } from './control.ts';
import type { Shared } from './shared.ts';
import { threadTasks } from './tasks.ts';

export interface ThreadTask {
  readonly shared: Shared;
  /** 0 to threads - 1. */
  readonly thread: number;
}

/** Called before each task; tests use it to make threads fail. */
export type BeforeTask = (at: {
  phase: 'compute' | 'squares' | 'update';
  step: number;
  task: number;
  thread: number;
}) => void;

/** Serves the pool until it quits. Answers whether the engine gave the known answer; where not, nothing was done. */
export function serve({ shared, thread }: ThreadTask, beforeTask?: BeforeTask): { exact: boolean } {
  const { layout, spins } = shared;
  const memory = shared.memory.buffer;
  const kernels =
    shared.engine === 'simd'
      ? instantiateKernels(shared.module, shared.memory, { wide: shared.wide })
      : createReferenceKernels(memory);
  const begin = layout.arenas[thread]!;
  const exact = knownAnswer(kernels, shared.memory, begin) === KNOWN_ANSWER;
  new Uint8Array(memory, begin, KNOWN_ANSWER_BYTES).fill(0);
  if (!exact) return { exact };

  const control = openControl(shared.control, shared.controlSize);
  const owner = thread + 1;
  const tasks = threadTasks(shared, kernels, thread);
  // A step of one task is done in one go: a hand-over between its phases would cost more than such a step.
  const { needsSquares } = tasks;
  const solo = layout.stepTasksMax === 1 && !needsSquares;
  let job: Job = { kind: 'train', from: 0, to: 0 };
  let jobTicket = -1;

  const compute = (step: number, task: number): void => {
    if (job.kind === 'train') tasks.gradient(step, task);
    else if (job.kind === 'nodes') tasks.roundNode(step, task);
    else if (job.kind === 'evaluate') tasks.evaluate(job, task);
    else if (job.kind === 'predict') tasks.predict(job, task);
  };
  const update = (step: number, task: number): void => {
    if (!tasks.update(step, step - job.from, task)) control.reportNotFinite();
  };

  for (;;) {
    const bell = control.bell();
    if (control.quitRequested()) return { exact };
    const ticket = control.ticket();
    const phase = phaseOf(ticket);
    if (phase === PHASE_PARKED) {
      // Only the main thread goes on from here, and it rings. Spinning would take from it the core that it needs.
      control.rest(bell);
      continue;
    }
    if (control.jobTicket() !== jobTicket) {
      jobTicket = control.jobTicket();
      job = control.job();
      tasks.begin(job);
    }
    const step = job.from + ((ticket - jobTicket) >> 2);
    const count = phase === PHASE_COMPUTE ? tasks.nodes(job, step) : layout.slices;
    const whole = solo && job.kind === 'train';
    // Each thread begins at its own share, where its caches are warm.
    const first = Math.floor((thread * count) / layout.threads);
    for (;;) {
      const task = control.claim(ticket, count, owner, first);
      if (task < 0) break;
      beforeTask?.({ phase: phaseNames[phase]!, step, task, thread });
      if (phase === PHASE_COMPUTE) compute(step, task);
      else if (phase === PHASE_SQUARES) tasks.sumSquares(step, task);
      else update(step, task);
      if (whole) {
        beforeTask?.({ phase: 'update', step, task, thread });
        update(step, task);
      }
      control.done(ticket, task);
      if (count === 1) break;
    }
    if (control.allDone(ticket, count)) {
      control.advance(ticket, nextTicket(control, { ticket, job, step, whole, needsSquares }));
    } else if (job.kind === 'train' && thread >= layout.stepTasksMax) {
      // Others have all the work of a step; looking on would only slow them down. If one of them dies the bell rings.
      control.rest(bell);
    } else control.wait(ticket, bell, spins);
  }
}

const phaseNames = ['compute', 'squares', 'update'] as const;

/**
 * compute -> squares, where they are needed -> update -> compute of the next step, or parked at the end of the job.
 * Other jobs than training are parked after the compute phase, or close a step with the phases after it.
 */
function nextTicket(control: Control, at: Position): number {
  const { ticket, job, step, whole, needsSquares } = at;
  if (job.kind === 'close') return ticket + 1;
  if (job.kind !== 'train') return ticket + 3;
  const phase = whole ? PHASE_UPDATE : phaseOf(ticket);
  if (phase === PHASE_COMPUTE) return needsSquares ? ticket + 1 : ticket + 2;
  if (phase === PHASE_SQUARES) return ticket + 1;
  const parks = step + 1 === job.to || control.holdRequested() || control.notFinite();
  const parked = ticket - phaseOf(ticket) + PHASE_PARKED;
  return parks ? parked : parked + 1;
}

interface Position {
  readonly ticket: number;
  readonly job: Job;
  readonly step: number;
  /** The step's update is done as well. */
  readonly whole: boolean;
  readonly needsSquares: boolean;
}
