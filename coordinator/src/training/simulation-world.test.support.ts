/** What surrounds the processes of a simulated run: a disk that outlives them, and what was counted. */

import type { Plan, State, Transition } from './core.ts';
import type { Event, Outcome } from './events.ts';
import type { Expected, Random } from './simulation-plan.test.support.ts';

export type Step = (plan: Plan, state: State, event: Event) => Transition;

/** How often things happened, so that a test can see that they do. */
export interface Tally {
  crashes: number;
  stops: number;
  holds: number;
  checkpoints: number;
  checkpointsLeftOut: number;
  /** Runs that early stopping ended, and times that the best weights took the place of others. */
  stoppedEarly: number;
  restored: number;
  outcomes: Outcome[];
}

/** Weights are told apart by the step that they were computed by. */
export interface Saved {
  readonly progress: string;
  readonly weights: number;
  /** The best weights, where the checkpoint has them. */
  readonly best: number | undefined;
}

/** What survives a crash. */
export interface Disk {
  lines: string[];
  durable: Saved | undefined;
  /** Steps that are part of the run: cut with each crash, so that a step computed twice shows. */
  history: number[];
}

export interface World {
  readonly disk: Disk;
  readonly random: Random;
  readonly tally: Tally;
  readonly divergesAt: number | undefined;
  readonly expected: Expected;
}
