/**
 * Leases: giving a node, its end, and what becomes of it when it is late. A late node is cut in two by lowering how
 * high its units may be given out again; its worker is not forgotten, and its answer stays welcome.
 */

import { FIRST_LEASE_MS, leaseMs } from './speed.ts';
import type { Context, Grant, Round, Worker } from './state.ts';
import { endUnit, firstUnit, heightOf, nodeOf, shardsOf, unitsOf } from './tree.ts';
import { claim, doneIn, isClaimed } from './units.ts';

/** Distinct workers that a unit may take before only trusted threads touch it. */
export const LOSSES_MAX = 3;
/** Nodes of a step that a worker may leave unanswered; below the limit of the protocol. */
export const UNANSWERED_MAX = 32;
/** Each lease that expires doubles the next one, so many times. */
const DOUBLINGS_MAX = 6;
/** Before somebody who was silent is tried again, doubled likewise, or somebody who gave back what it was given. */
export const RETRY_MS = 1_000;
/** Times in a row that rows of one node may be missing. */
const MISSING_MAX = 3;

/** Gives `keys` to a worker, in this order. */
export function grant(
  context: Context,
  worker: Worker,
  { keys, claims }: { keys: readonly number[]; claims: boolean },
): void {
  const { round, commands, nowMs } = context;
  if (worker.version !== round.step) {
    commands.push({ type: 'sendWeights', worker: worker.id, version: round.step });
    worker.version = round.step;
  }
  worker.givenStep = round.step;
  let shards = 0;
  for (const key of keys) {
    shards += shardsOf(round.tree, key);
    const lease = leaseMs(worker.speed, shards) * doublings(worker);
    const given: Grant = {
      step: round.step,
      node: nodeOf(round.tree, key),
      key,
      worker: worker.id,
      shards: shardsOf(round.tree, key),
      sinceMs: nowMs,
      first: worker.leases.length === 0,
      claims,
      deadlineMs: nowMs + lease,
      leased: true,
      owed: true,
      missing: 0,
    };
    remember(round, worker, given);
    if (claims) claim(round, key, 1);
    commands.push({
      type: 'assign',
      worker: worker.id,
      step: round.step,
      node: given.node,
      leaseMs: lease,
    });
  }
}

/** A node that the same worker was given before, and never answered, is the same debt. */
function remember(round: Round, worker: Worker, given: Grant): void {
  worker.leases.push(given);
  const grants = round.grants.get(given.key);
  if (grants === undefined) {
    round.grants.set(given.key, [given]);
    worker.unanswered++;
    return;
  }
  const at = grants.findIndex((other) => other.worker === worker.id);
  if (at < 0 || !grants[at]!.owed) worker.unanswered++;
  if (at < 0) grants.push(given);
  else grants[at] = given;
}

export function grantOf(round: Round, key: number, worker: number): Grant | undefined {
  return round.grants.get(key)?.find((given) => given.worker === worker);
}

/** The lease ends; that it was given is not forgotten. */
export function endLease({ fleet, round }: Context, given: Grant): void {
  if (!given.leased) return;
  given.leased = false;
  if (given.claims) claim(round, given.key, -1);
  const worker = fleet.workers.get(given.worker)!;
  worker.leases = worker.leases.filter((other) => other !== given);
}

/** The worker owes the node no longer: it answered, or was told that nobody needs it. */
export function settle(worker: Worker, given: Grant): void {
  // Whoever paused or came back owes nothing any more, but may answer yet.
  if (given.owed) worker.unanswered = Math.max(0, worker.unanswered - 1);
  given.owed = false;
}

/** Ends all leases of a worker that is gone, paused or banned. */
export function endLeases(context: Context, worker: Worker, { lost }: { lost: boolean }): void {
  for (const given of [...worker.leases]) {
    endLease(context, given);
    if (lost) lose(context, given);
  }
}

/** `key` is done: ends the leases for which nothing is left to do, and tells those who still compute them. */
export function cancelUnder(context: Context, key: number): void {
  const { fleet, round, commands } = context;
  if (!isClaimed(round, key)) return;
  for (const worker of fleet.workers.values()) {
    for (const given of [...worker.leases]) {
      // The answer to a trial tells how fast a worker is, whether it is needed or not.
      if (!given.claims || doneIn(round, given.key) < unitsOf(round.tree, given.key)) continue;
      endLease(context, given);
      settle(worker, given);
      const { node } = given;
      commands.push({ type: 'cancel', worker: worker.id, step: round.step, node });
    }
  }
}

/** Ends what is late. */
export function expireLeases(context: Context): void {
  const { fleet, nowMs } = context;
  for (const worker of fleet.workers.values()) {
    for (const given of [...worker.leases]) {
      if (given.deadlineMs > nowMs) continue;
      endLease(context, given);
      lose(context, given);
      fallSilent(worker, given, nowMs);
    }
  }
}

/** Trials whose step is over expire too, whether a round is under way or not. */
export function expireOwed(workers: Iterable<Worker>, nowMs: number): void {
  for (const worker of workers) {
    if (worker.owed === undefined || !worker.owed.leased || worker.owed.deadlineMs > nowMs) continue;
    worker.owed.leased = false;
    fallSilent(worker, worker.owed, nowMs);
  }
}

/** Somebody else is there now, so nobody who was silent is waited for any longer than a newcomer is. */
export function shortenSilent({ fleet, nowMs }: Context): void {
  for (const { silent, leases } of fleet.workers.values()) {
    if (silent === 0) continue;
    for (const given of leases) given.deadlineMs = Math.min(given.deadlineMs, nowMs + FIRST_LEASE_MS);
  }
}

/** The rows come along with the node this time; whoever lacks them again and again is left alone for a while. */
export function assignAgain(context: Context, worker: Worker, given: Grant): void {
  const { round, commands, nowMs } = context;
  if (!given.leased) return;
  if (++given.missing > MISSING_MAX) {
    endLease(context, given);
    fallSilent(worker, given, nowMs);
    return;
  }
  const lease = leaseMs(worker.speed, given.shards) * doublings(worker);
  given.deadlineMs = nowMs + lease;
  commands.push({ type: 'assign', worker: worker.id, step: round.step, node: given.node, leaseMs: lease });
}

function fallSilent(worker: Worker, late: Grant, nowMs: number): void {
  worker.silent++;
  worker.owed = late;
  worker.retryAtMs = nowMs + RETRY_MS * doublings(worker);
}

function doublings({ silent }: Worker): number {
  return 1 << Math.min(silent, DOUBLINGS_MAX);
}

/** Cuts the node, and notes who was lost over it. */
function lose({ round }: Context, { key, worker, claims }: Grant): void {
  if (!claims) return;
  const height = Math.max(0, heightOf(round.tree, key) - 1);
  const end = endUnit(round.tree, key);
  for (let unit = firstUnit(round.tree, key); unit < end; unit++) {
    round.heightMax[unit] = Math.min(round.heightMax[unit]!, height);
    const lost = round.losses.get(unit) ?? [];
    if (!lost.includes(worker)) round.losses.set(unit, [...lost, worker]);
    if (lost.length + 1 >= LOSSES_MAX && !lost.includes(worker)) round.suspect[unit] = 1;
  }
}
