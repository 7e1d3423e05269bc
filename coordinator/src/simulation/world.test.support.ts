/** What surrounds the processes of a simulated run, the parts that are tested, and what was counted. */

import type { Node } from '@hivegrad/shared/reduce/tree';
import type { Stretch, StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { stretchStep } from '../fleet/stretch.ts';
import type { Plan, State, Transition } from '../training/core.ts';
import { step } from '../training/core.ts';
import type { Event, Outcome } from '../training/events.ts';
import type { Disk, File, Operation, Saved } from './disk.test.support.ts';
import { newestWhole, operations } from './disk.test.support.ts';
import type { Expected } from './expected.test.support.ts';
import type { Model } from './model.test.support.ts';
import { hasShard, sumOf } from './model.test.support.ts';
import type { SimulationPlan } from './plan.test.support.ts';
import { shardsOfStep } from './plan.test.support.ts';
import type { Random } from './random.test.support.ts';
import type { Timeline } from './timeline.test.support.ts';
import type { SimulatedWorker } from './worker.test.support.ts';

/** What a mutant replaces: the two machines, and what a shell does with a checkpoint. */
export interface Parts {
  readonly core: (plan: Plan, state: State, event: Event) => Transition;
  readonly stretch: (stretch: Stretch, event: StretchEvent) => StretchCommand[];
  readonly operations: readonly Operation[];
  readonly snapshot: (saved: Saved) => Saved;
  readonly load: (files: readonly File[]) => Saved | undefined;
}

export const rightParts: Parts = {
  core: step,
  stretch: stretchStep,
  operations,
  snapshot: (saved) => saved,
  load: newestWhole,
};

/** A model that the run was at, and how many lies led to it in its last step. */
export interface Taken extends Model {
  readonly lies: number;
}

/** How often things happened, so that a test can see that they do. */
export interface Tally {
  readonly commands: Record<string, number>;
  readonly outcomes: (Outcome | 'crashed')[];
  localSteps: number;
  roundSteps: number;
  /** Stretches that were ended because a worker would be given something. */
  localHolds: number;
  checkpoints: number;
  checkpointsLeftOut: number;
  restored: number;
  stoppedEarly: number;
  banned: number;
  liesAccepted: number;
  /** From the end of the chaos to the end of the run. */
  calmMs: number;
}

export interface World {
  readonly plan: SimulationPlan;
  readonly parts: Parts;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly disk: Disk;
  readonly expected: Expected;
  readonly workers: readonly SimulatedWorker[];
  /** The first model, and that after each step of the run; cut with each crash, so that a step taken twice shows. */
  readonly taken: Taken[];
  readonly tally: Tally;
  isCalm: boolean;
}

/** Steps taken; the version of the weights. */
export function stepOf({ taken }: Pick<World, 'taken'>): number {
  return taken.length - 1;
}

/** The true sum of a node under the weights that the run is at, or was; undefined where it is not finite. */
export function truthOf(
  { plan, taken }: Pick<World, 'plan' | 'taken'>,
  step: number,
  node: Node,
): number | undefined {
  if (!hasFiniteSum(plan, step, node)) return undefined;
  return sumOf(taken[step]!.weights, shardsOfStep(plan, step), node);
}

export function hasFiniteSum({ divergence }: SimulationPlan, step: number, node: Node): boolean {
  if (divergence?.step !== step || divergence.shard === undefined) return true;
  return !hasShard(node, divergence.shard);
}

export function noTally(): Tally {
  return {
    commands: {},
    outcomes: [],
    localSteps: 0,
    roundSteps: 0,
    localHolds: 0,
    checkpoints: 0,
    checkpointsLeftOut: 0,
    restored: 0,
    stoppedEarly: 0,
    banned: 0,
    liesAccepted: 0,
    calmMs: 0,
  };
}
