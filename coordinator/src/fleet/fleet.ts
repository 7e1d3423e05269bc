/**
 * The fleet and the step that it is at, as a state machine: an event in, commands out. It holds handles and counts,
 * never tensors; it reads no clock, draws no random number, awaits nothing. While no round is under way it still
 * learns who comes and goes, and `wantsRound` (capacity.ts) says whether the next step should be one.
 *
 * The shell carries out the commands in their order, and brings what they ask for as later events.
 */

import { endCheck } from './audits.ts';
import type { FleetCommand, FleetEvent, RejectCode } from './events.ts';
import { expireLeases, expireOwed } from './leases.ts';
import { drain, join, leave, pause, putAway, resume } from './registry.ts';
import { advance, giveUp, localDone, measure, missing, newRound, notFinite, result } from './round.ts';
import type { Context, Fleet } from './state.ts';

/** Changes `fleet` in place. The same state and event always give the same. */
export function fleetStep(fleet: Fleet, event: FleetEvent): FleetCommand[] {
  const commands: FleetCommand[] = [];
  if (event.type === 'begin') {
    if (fleet.round !== undefined) throw new Error(`step ${event.step} begins while another is under way`);
    fleet.round = newRound(fleet, event);
    fleet.step = event.step;
  }
  const { round } = fleet;
  const context = round === undefined ? undefined : { fleet, round, commands, nowMs: event.nowMs };
  handle(fleet, event, { context, commands });
  if (context !== undefined && fleet.round === round) advance(context);
  if (round !== undefined && fleet.round === undefined) putAway(fleet);
  return commands;
}

/** When the next `tick` is needed, if nothing else happens before. It has to come at that time or a little later. */
export function wakeAtMs({ workers, round }: Fleet, nowMs: number): number | undefined {
  let at = Number.POSITIVE_INFINITY;
  for (const { leases, owed, presence, retryAtMs, silent, speed, notUseful } of workers.values()) {
    for (const { deadlineMs } of leases) at = Math.min(at, deadlineMs);
    if (owed?.leased) at = Math.min(at, owed.deadlineMs);
    if (round === undefined || round.freeUnits === 0 || presence !== 'present') continue;
    const isTried = silent > 0 || notUseful || speed.estimate === undefined;
    // One that was due before now would have been given something if there were anything for it.
    if (isTried && retryAtMs > nowMs && leases.length === 0) at = Math.min(at, retryAtMs);
  }
  return at === Number.POSITIVE_INFINITY ? undefined : at;
}

interface Where {
  readonly context: Context | undefined;
  readonly commands: FleetCommand[];
}

function handle(fleet: Fleet, event: FleetEvent, { context, commands }: Where): void {
  switch (event.type) {
    case 'begin':
      return;
    case 'tick':
      expireOwed(fleet.workers.values(), event.nowMs);
      if (context !== undefined) expireLeases(context);
      return;
    case 'joined':
      if (!join(fleet, event, context)) {
        commands.push({ type: 'ban', worker: event.worker, proof: undefined });
      }
      return;
    case 'left':
      leave(fleet, event, context);
      return;
    case 'paused':
      pause(fleet, event, context);
      return;
    case 'resumed':
      resume(fleet, event.worker, context);
      return;
    case 'draining':
      drain(fleet, event.worker);
      return;
    case 'result':
    case 'notFinite':
    case 'missing':
      answer(fleet, event, { context, commands });
      return;
    case 'abandon':
      if (context !== undefined) giveUp(context);
      return;
    case 'localDone':
    case 'checked':
      local(event, { context, commands });
      return;
  }
}

type AnswerEvent = FleetEvent & { type: 'result' | 'notFinite' | 'missing' };

/** An answer for this step, or for another one: what is too late still tells how fast its worker is. */
function answer(fleet: Fleet, event: AnswerEvent, { context, commands }: Where): void {
  if (context !== undefined && event.step === fleet.step) {
    if (event.type === 'result') result(context, event);
    else if (event.type === 'notFinite') notFinite(context, event);
    else missing(context, event);
    return;
  }
  const { worker: id, step, node } = event;
  const worker = fleet.workers.get(id);
  const owed = worker?.owed;
  const isOwed = owed?.step === step && owed.node.level === node.level && owed.node.index === node.index;
  if (worker !== undefined && owed !== undefined && isOwed) {
    if (event.type === 'result') measure(worker, owed, event);
    worker.owed = undefined;
  }
  const late = fleet.banned.has(id) ? 'BANNED' : 'STALE';
  const code: RejectCode = step > fleet.step ? 'FUTURE' : late;
  commands.push({ type: 'reject', worker: id, code, step, node });
  if (event.type === 'result') commands.push({ type: 'release', handle: event.handle });
}

/** What this machine's own threads answer. */
function local(event: FleetEvent & { type: 'localDone' | 'checked' }, { context, commands }: Where): void {
  // What was asked for in a step that was given up is not needed any more.
  const isOfRound = context !== undefined && (event.type === 'checked' || event.step === context.round.step);
  if (!isOfRound) {
    if (event.type !== 'localDone') return;
    for (const { handle } of event.results)
      if (handle !== undefined) commands.push({ type: 'release', handle });
    return;
  }
  const diverged =
    event.type === 'checked' ? endCheck(context, event.check, event.equal) : localDone(context, event);
  if (!diverged) return;
  commands.push({ type: 'diverged', step: context.round.step });
  giveUp(context);
}
