/**
 * Plays whole runs of the core: under one seed stretches take any time, people stop the run, and crashes discard all
 * but what was durable. At the end the run must have left what an uninterrupted one leaves.
 */

import type { Outcome } from './events.ts';
import { createRandom, demand, randomPlan, uninterrupted } from './simulation-plan.test.support.ts';
import { Process } from './simulation-process.test.support.ts';
import type { Disk, Step, Tally } from './simulation-world.test.support.ts';

/** Plays the run of `seed` from its beginning to its last exit, and resumes it once more. @throws Violation */
export function playRun(core: Step, seed: number): Tally {
  const random = createRandom(seed);
  const plan = randomPlan(random);
  const total = plan.stepsPerEpoch * plan.epochs;
  const divergesAt = random.chance(0.1) ? random.below(total) : undefined;
  const expected = uninterrupted(plan, divergesAt);
  const disk: Disk = { lines: [], durable: undefined, history: [] };
  const tally: Tally = {
    crashes: 0,
    stops: 0,
    holds: 0,
    checkpoints: 0,
    checkpointsLeftOut: 0,
    stoppedEarly: 0,
    restored: 0,
    outcomes: [],
  };
  const world = { disk, random, tally, divergesAt, expected };
  let interruptions = random.below(6);
  let nowMs = 1000 + random.below(1000);
  let outcome: Outcome | 'crashed' | undefined;
  while (outcome !== 'finished' && outcome !== 'diverged') {
    const process = new Process(core, plan, { ...world, nowMs });
    outcome = process.play(interruptions > 0);
    nowMs = process.nowMs;
    interruptions--;
  }
  demand(disk.lines.join() === expected.lines.join(), 'the metrics are not those of an uninterrupted run');
  demand(disk.history.length === expected.steps, 'steps are missing');
  if (outcome === 'finished') {
    if (expected.steps < total) tally.stoppedEarly++;
    const { checkpoints } = tally;
    const again = new Process(core, plan, { ...world, nowMs }).play(false);
    demand(again === 'finished' && tally.checkpoints === checkpoints, 'a finished run goes on');
    demand(disk.history.length === expected.steps, 'a finished run takes steps');
  }
  return tally;
}
