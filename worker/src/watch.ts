/**
 * Notices a thread that hangs: a phase that takes many times longer than phases of this run usually do. The limit
 * comes from the pool's own history and never from a fixed guess about machines; until there is a history it comes
 * from the size of a step and a very slow machine. A thread that was slow rather than stuck costs its work done twice.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { Control } from './control.ts';
import { PHASE_PARKED, phaseOf } from './control.ts';
import type { Shared } from './shared.ts';

export interface Watch {
  stop(): void;
}

const INTERVAL_MS = 100;
/** Phases whose durations are remembered. */
const HISTORY = 31;
const HISTORY_MIN = 3;
/** On top of any multiple of the usual: a scheduler may leave a thread aside for this long. */
const GRACE_MS = 3_000;
/** The slowest engine in floating-point operations a millisecond: the plain kernels on a slow core, shared by ten. */
const SLOWEST_FLOP_PER_MS = { simd: 500_000, plain: 20_000 };

export function startWatch(control: Control, shared: Shared, onHung: (owner: number) => void): Watch {
  const estimate = firstEstimateMs(shared);
  // Nodes of a round may be few or all of a step: how long some took says nothing of others, but most are as good as all.
  const limits = { nodes: createLimit(estimate), others: createLimit(estimate) };
  let ticket = control.ticket();
  let job = control.job();
  let waitedMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // A process that was stopped, or a machine that slept, must not take the pause for a thread's silence.
    waitedMs += Math.min(now - last, 2 * INTERVAL_MS);
    last = now;
    const current = control.ticket();
    const limit = job.kind === 'nodes' ? limits.nodes : limits.others;
    if (current !== ticket) {
      if (phaseOf(ticket) !== PHASE_PARKED && !(job.kind === 'nodes' && !job.most)) limit.learn(waitedMs);
      ticket = current;
      job = control.job();
      waitedMs = 0;
    } else if (phaseOf(current) === PHASE_PARKED) {
      waitedMs = 0;
    } else if (waitedMs > limit.ms()) {
      for (const { owner } of control.held()) onHung(owner);
      limit.double();
      waitedMs = 0;
    }
  }, INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** The time after which a phase counts as hung: 8 (median + 4 MAD) of the durations seen, plus a grace. */
export function createLimit(firstEstimate: number) {
  const durations: number[] = [];
  let factor = 1;
  return {
    learn(ms: number): void {
      durations.push(ms);
      if (durations.length > HISTORY) durations.shift();
    },
    ms(): number {
      if (durations.length < HISTORY_MIN) return factor * (GRACE_MS + firstEstimate);
      const middle = median(durations);
      const deviation = median(durations.map((duration) => Math.abs(duration - middle)));
      return factor * (GRACE_MS + 8 * (middle + 4 * deviation));
    },
    /** After a false alarm, or a machine that got slower, the next limit is more patient. */
    double(): void {
      factor *= 2;
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function firstEstimateMs({ spec, engine, parts }: Shared): number {
  const samples = Math.max(spec.batchSize, ...Object.values(parts).map((part: Dataset) => part.samples));
  return (6 * parameterCount(spec.model) * samples) / SLOWEST_FLOP_PER_MS[engine];
}
