/** What the sections of the bench share: what they are given, and rates between two looks at a counter. */

import type { Bench, BenchRun } from './run.ts';

export interface SectionOptions {
  readonly bench: Bench;
  /** Repetitions; what is compared takes turns. */
  readonly rounds: number;
  readonly windowMs: number;
  /** Told in words what is measured now. */
  readonly say: (what: string) => void;
}

/** The network whose weights and gradients have 400 KB: 784-128-10. */
export const W1_HIDDEN: readonly number[] = [128];

/** Before a window, so that compilers, sockets and speeds have settled. */
export const SETTLE_MS = 1_500;

/** Between two looks at a counter that goes on in jumps. */
const LOOK_MS = 10;

export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A second's growth of a counter, over a window. */
export async function rateOf(count: () => Promise<number>, windowMs: number): Promise<number> {
  const before = await count();
  const beganMs = performance.now();
  await pass(windowMs);
  const after = await count();
  return ((after - before) * 1000) / (performance.now() - beganMs);
}

/**
 * Steps a second. Threads tell of many steps at a time, so a window reaches from one moment at which the number of steps
 * changes to another.
 */
export async function stepRate(run: BenchRun, windowMs: number): Promise<number> {
  const first = await nextChange(run);
  let last = first;
  while (last.atMs - first.atMs < windowMs) last = await nextChange(run);
  return ((last.step - first.step) * 1000) / (last.atMs - first.atMs);
}

async function nextChange(run: BenchRun): Promise<{ step: number; atMs: number }> {
  const look = async () => {
    const metrics = await run.metrics();
    return { step: metrics.value('hivegrad_step'), atMs: metrics.atMs };
  };
  const before = await look();
  for (;;) {
    await pass(LOOK_MS);
    const now = await look();
    if (now.step !== before.step) return now;
  }
}

/** The 99th percentile of the delay of a run's event loop since it listens, in milliseconds. */
export async function loopDelayMs(run: BenchRun): Promise<number> {
  return (await run.metrics()).value('hivegrad_event_loop_p99_seconds') * 1000;
}
