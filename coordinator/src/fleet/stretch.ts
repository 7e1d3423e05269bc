/**
 * How a stretch of steps is taken, as a state machine around the fleet: while no remote worker would be given
 * anything the local threads run many steps by themselves, and otherwise each step is a round. Which way a step goes
 * changes nothing in its result. Like the fleet it changes its state in place, reads no clock and awaits nothing.
 *
 * In: `run` and `hold` of the training, everything that the fleet is told, and what the pool answers; out: commands
 * for the pool and the sockets, and one `stretchDone` for each `run`.
 */

import { batchOfStep } from '@hivegrad/shared/data/sampler';
import { shardCount } from '@hivegrad/shared/reduce/tree';
import type { StepSums } from '../training/sums.ts';
import { wantsRound } from './capacity.ts';
import type { FleetCommand, FleetEvent, FleetOptions } from './events.ts';
import { fleetStep } from './fleet.ts';
import { measureLocal } from './round.ts';
import type { Fleet } from './state.ts';
import { createFleet } from './state.ts';

/** How the training set becomes steps. */
export interface StepShape {
  /** Of the training set. */
  readonly samples: number;
  readonly batchSize: number;
  readonly shardSize: number;
}

/** What the fleet is told from outside: all but the beginning and the end of its rounds. */
export type WorkerEvent = Exclude<FleetEvent, { readonly type: 'begin' | 'abandon' }>;

export type StretchEvent =
  | WorkerEvent
  /** Take the steps [from, to), of one epoch. */
  | { readonly type: 'run'; readonly from: number; readonly to: number; readonly nowMs: number }
  /** End the stretch after the step under way, or `atOnce`, which gives up a step that waits for workers. */
  | { readonly type: 'hold'; readonly atOnce: boolean; readonly nowMs: number }
  /** The answer to `runLocal`. */
  | {
      readonly type: 'localSteps';
      readonly at: number;
      readonly sums: readonly StepSums[];
      readonly diverged: boolean;
      readonly nowMs: number;
    }
  /** The answer to `close`. */
  | { readonly type: 'closed'; readonly sums: StepSums; readonly diverged: boolean; readonly nowMs: number }
  /** The answer to `abandonStep`. */
  | { readonly type: 'abandoned'; readonly nowMs: number };

export type StretchCommand =
  | Exclude<FleetCommand, { readonly type: 'diverged' }>
  /** The local threads take these steps by themselves, until `holdLocal`. */
  | { readonly type: 'runLocal'; readonly from: number; readonly to: number }
  | { readonly type: 'holdLocal' }
  /** What the pool keeps of the step under way is not needed any more. */
  | { readonly type: 'abandonStep' }
  /** The answer to `run`: the weights are those of version `at`. */
  | {
      readonly type: 'stretchDone';
      readonly at: number;
      readonly sums: readonly StepSums[];
      readonly diverged: boolean;
    };

/** `idle` between stretches; `closing` and `abandoning` while the pool does what was commanded. */
type Path = 'idle' | 'local' | 'round' | 'closing' | 'abandoning';

export interface Stretch {
  readonly shape: StepShape;
  readonly fleet: Fleet;
  path: Path;
  /** The step under way, or the next one. */
  at: number;
  to: number;
  sums: StepSums[];
  /** The stretch ends at the next step boundary. */
  held: boolean;
  diverged: boolean;
  /** `holdLocal` was said since `runLocal`. */
  localHeld: boolean;
  localSinceMs: number;
}

export function createStretch(shape: StepShape, options: FleetOptions): Stretch {
  return {
    shape,
    fleet: createFleet(options),
    path: 'idle',
    at: 0,
    to: 0,
    sums: [],
    held: false,
    diverged: false,
    localHeld: false,
    localSinceMs: 0,
  };
}

/** Changes `stretch` in place. The same state and event always give the same. */
export function stretchStep(stretch: Stretch, event: StretchEvent): StretchCommand[] {
  const commands: StretchCommand[] = [];
  switch (event.type) {
    case 'run':
      if (stretch.path !== 'idle') throw new Error('a stretch begins while another is under way');
      Object.assign(stretch, { at: event.from, to: event.to, sums: [], held: false, diverged: false });
      goOn(stretch, commands, event.nowMs);
      break;
    case 'hold':
      hold(stretch, commands, event);
      break;
    case 'localSteps':
      localSteps(stretch, commands, event);
      break;
    case 'closed':
      stretch.diverged = event.diverged;
      if (!event.diverged) take(stretch, [event.sums]);
      goOn(stretch, commands, event.nowMs);
      break;
    case 'abandoned':
      end(stretch, commands);
      break;
    default:
      tellFleet(stretch, commands, event);
      if (stretch.path === 'local') holdLocalIf(stretch, commands, wants(stretch, event.nowMs));
  }
  return commands;
}

/** At a step boundary: the next step, or the end of the stretch. */
function goOn(stretch: Stretch, commands: StretchCommand[], nowMs: number): void {
  const { at, to, held, diverged, shape } = stretch;
  if (held || diverged || at === to) {
    end(stretch, commands);
  } else if (wants(stretch, nowMs)) {
    stretch.path = 'round';
    const samples = samplesOf(shape, at);
    tellFleet(stretch, commands, { type: 'begin', step: at, samples, shardSize: shape.shardSize, nowMs });
  } else {
    Object.assign(stretch, { path: 'local', localHeld: false, localSinceMs: nowMs });
    commands.push({ type: 'runLocal', from: at, to });
  }
}

function end(stretch: Stretch, commands: StretchCommand[]): void {
  const { at, sums, diverged } = stretch;
  stretch.path = 'idle';
  commands.push({ type: 'stretchDone', at, sums, diverged });
}

function take(stretch: Stretch, sums: readonly StepSums[]): void {
  stretch.sums.push(...sums);
  stretch.at += sums.length;
}

function hold(
  stretch: Stretch,
  commands: StretchCommand[],
  { atOnce, nowMs }: StretchEvent & { type: 'hold' },
): void {
  if (stretch.path === 'idle') return;
  stretch.held = true;
  if (stretch.path === 'local') holdLocalIf(stretch, commands, true);
  else if (stretch.path === 'round' && atOnce) tellFleet(stretch, commands, { type: 'abandon', nowMs });
}

function holdLocalIf(stretch: Stretch, commands: StretchCommand[], wanted: boolean): void {
  if (!wanted || stretch.localHeld) return;
  stretch.localHeld = true;
  commands.push({ type: 'holdLocal' });
}

function localSteps(
  stretch: Stretch,
  commands: StretchCommand[],
  { at, sums, diverged, nowMs }: StretchEvent & { type: 'localSteps' },
): void {
  const { shape, fleet } = stretch;
  let shards = 0;
  for (let step = stretch.at; step < at; step++)
    shards += shardCount(samplesOf(shape, step), shape.shardSize);
  measureLocal(fleet, shards, nowMs - stretch.localSinceMs);
  take(stretch, sums);
  stretch.diverged = diverged;
  goOn(stretch, commands, nowMs);
}

/** What the fleet says goes on, except for the end of its round, which is ours. */
function tellFleet(stretch: Stretch, commands: StretchCommand[], event: FleetEvent): void {
  const { fleet } = stretch;
  const wasRound = fleet.round !== undefined || event.type === 'begin';
  let closes = false;
  for (const command of fleetStep(fleet, event)) {
    if (command.type === 'diverged') {
      stretch.diverged = true;
      continue;
    }
    closes ||= command.type === 'close';
    commands.push(command);
  }
  if (!wasRound || fleet.round !== undefined) return;
  stretch.path = closes ? 'closing' : 'abandoning';
  if (!closes) commands.push({ type: 'abandonStep' });
}

function wants({ fleet, shape, at }: Stretch, nowMs: number): boolean {
  return wantsRound(fleet, { samples: samplesOf(shape, at), shardSize: shape.shardSize, nowMs });
}

function samplesOf({ samples, batchSize }: StepShape, step: number): number {
  return batchOfStep(step, samples, batchSize).count;
}
