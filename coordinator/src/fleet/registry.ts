/**
 * Who there is. A worker's number is its identity: whoever comes back keeps its history, the count of its first
 * audits and, for ever, a ban. Histories of those who left are bounded; the oldest is forgotten first.
 */

import type { FleetEvent } from './events.ts';
import { endLeases, RETRY_MS, shortenSilent } from './leases.ts';
import { newSpeed } from './speed.ts';
import type { Context, Fleet, Worker } from './state.ts';

/** Joined again before it had left, the earlier connection is over. Answers whether it may take part. */
export function join(
  fleet: Fleet,
  { worker: id, trust, nowMs }: FleetEvent & { type: 'joined' },
  context: Context | undefined,
): boolean {
  if (fleet.banned.has(id)) return false;
  leave(fleet, { worker: id, nowMs }, context);
  const worker = fleet.workers.get(id) ?? fleet.gone.get(id) ?? newWorker(id);
  fleet.gone.delete(id);
  fleet.workers.set(id, worker);
  worker.trust = trust;
  comeIn(worker, context);
  return true;
}

/** Its leases die with its connection; what it was given is remembered as long as the step lasts. */
export function leave(
  fleet: Fleet,
  { worker: id, nowMs }: { worker: number; nowMs: number },
  context: Context | undefined,
): void {
  const worker = fleet.workers.get(id);
  if (worker === undefined || worker.presence === 'gone' || worker.presence === 'banned') return;
  giveBack(worker, nowMs);
  if (context !== undefined) endLeases(context, worker, { lost: true });
  worker.presence = 'gone';
  worker.version = -1;
  if (worker.givenStep !== fleet.round?.step) putAwayOne(fleet, worker);
}

/** A worker that pauses gives its nodes back; nobody is lost. */
export function pause(
  fleet: Fleet,
  { worker: id, nowMs }: { worker: number; nowMs: number },
  context: Context | undefined,
): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence !== 'present') return;
  giveBack(worker, nowMs);
  if (context !== undefined) endLeases(context, worker, { lost: false });
  worker.presence = 'paused';
}

export function resume(fleet: Fleet, id: number, context: Context | undefined): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence !== 'paused') return;
  comeIn(worker, context);
}

export function drain(fleet: Fleet, id: number): void {
  const worker = fleet.workers.get(id);
  if (worker?.presence === 'present' || worker?.presence === 'paused') worker.presence = 'draining';
}

/**
 * It goes without having answered. What is known of it stays: whoever pauses and goes on, or leaves and comes back, is
 * neither relied on nor tried any sooner for that, or it could keep every step busy with itself.
 */
function giveBack(worker: Worker, nowMs: number): void {
  const holds = worker.leases.length > 0 || worker.owed?.leased === true;
  if (holds) worker.retryAtMs = Math.max(worker.retryAtMs, nowMs + RETRY_MS);
  worker.owed = undefined;
}

function comeIn(worker: Worker, context: Context | undefined): void {
  worker.presence = 'present';
  worker.unanswered = 0;
  if (context !== undefined) shortenSilent(context);
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
