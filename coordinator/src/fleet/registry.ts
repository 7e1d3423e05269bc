/**
 * Who there is. A worker's number is its identity: whoever comes back keeps its history, the count of its first
 * audits and, for ever, a ban. Histories of those who left are bounded; the oldest is forgotten first.
 */

import type { FleetEvent } from './events.ts';
import { endLeases } from './leases.ts';
import { newSpeed } from './speed.ts';
import type { Context, Fleet, Worker } from './state.ts';

/** Joined again before it had left, the earlier connection is over. Answers whether it may take part. */
export function join(
  fleet: Fleet,
  { worker: id, trust }: FleetEvent & { type: 'joined' },
  context: Context | undefined,
): boolean {
  if (fleet.banned.has(id)) return false;
  leave(fleet, id, context);
  const worker = fleet.workers.get(id) ?? fleet.gone.get(id) ?? newWorker(id);
  fleet.gone.delete(id);
  fleet.workers.set(id, worker);
  worker.trust = trust;
  worker.presence = 'present';
  startAnew(worker);
  return true;
}

/** Its leases die with its connection; what it was given is remembered as long as the step lasts. */
export function leave(fleet: Fleet, id: number, context: Context | undefined): void {
  const worker = fleet.workers.get(id);
  if (worker === undefined || worker.presence === 'gone' || worker.presence === 'banned') return;
  if (context !== undefined) endLeases(context, worker, { lost: true });
  worker.presence = 'gone';
  worker.version = -1;
  worker.owed = undefined;
  if (worker.givenStep !== fleet.round?.step) putAwayOne(fleet, worker);
}

/** A worker that pauses gives its nodes back; nobody is lost. */
export function pause(fleet: Fleet, id: number, context: Context | undefined): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence !== 'present') return;
  if (context !== undefined) endLeases(context, worker, { lost: false });
  worker.presence = 'paused';
  worker.owed = undefined;
}

export function resume(fleet: Fleet, id: number): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence !== 'paused') return;
  worker.presence = 'present';
  startAnew(worker);
}

export function drain(fleet: Fleet, id: number): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence === 'present' || worker?.presence === 'paused') worker.presence = 'draining';
}

/**
 * It holds nothing, and is given something at the next occasion. Only an answer ends a silence: whoever came back to be
 * relied on at once could keep every step waiting.
 */
function startAnew(worker: Worker): void {
  if (worker.silent === 0) worker.retryAtMs = 0;
  worker.unanswered = 0;
  worker.notUseful = false;
}

function newWorker(id: number): Worker {
  if (id < 0) throw new Error('the number of a worker is not negative');
  return {
    id,
    trust: 'volunteer',
    presence: 'gone',
    version: -1,
    speed: newSpeed(),
    audits: 0,
    nodes: 0,
    samples: 0,
    leases: [],
    unanswered: 0,
    silent: 0,
    retryAtMs: 0,
    lastAnswerMs: 0,
    givenStep: -1,
    owed: undefined,
    notUseful: false,
  };
}

/** The round is over, and with it what those who left were given in it. */
export function putAway(fleet: Fleet): void {
  for (const worker of fleet.workers.values()) {
    if (worker.presence === 'gone' || worker.presence === 'banned') putAwayOne(fleet, worker);
  }
}

function putAwayOne({ workers, gone, options }: Fleet, worker: Worker): void {
  workers.delete(worker.id);
  gone.set(worker.id, worker);
  for (const oldest of gone.keys()) {
    if (gone.size <= options.rememberedMax) return;
    gone.delete(oldest);
  }
}
