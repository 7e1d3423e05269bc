/**
 * The round of one step: what is free is given out, answers are taken, and the step closes when its sums reach over
 * all shards and no check is pending. It never closes with a shard missing.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { assignmentLevel, samplesOfNode, shardCount } from '@hivegrad/shared/reduce/tree';
import { auditNotFinite, drawAudit } from './audits.ts';
import { capacityOf, isTrialDue, localRateOf } from './capacity.ts';
import type { FleetEvent, RejectCode } from './events.ts';
import { takeSum } from './handles.ts';
import { assignAgain, endLease, grant, grantOf, settle } from './leases.ts';
import { planNodes } from './schedule.ts';
import { median, observe } from './speed.ts';
import type { Context, Fleet, Grant, Round, Worker } from './state.ts';
import { LOCAL } from './state.ts';
import { place, takeCover } from './sums.ts';
import { keyOf, nodeOf, shardsOf, takeNode, treeOf, unitsOf } from './tree.ts';
import { claim, freeFor } from './units.ts';

/** The local threads are asked for work of about this long, so that whoever joins finds something. */
const LOCAL_MS = 250;
/** Before they were measured, units for each thread. */
const LOCAL_FIRST_UNITS = 2;
/** Durations of the local threads that are remembered. */
const LOCAL_WINDOW = 9;
/** Between two trials of a worker that is not useful. */
const TRIAL_MS = 30_000;

export function newRound(fleet: Fleet, { step, samples, shardSize }: FleetEvent & { type: 'begin' }): Round {
  const tree = treeOf(shardCount(samples, shardSize), fleet.options.nodesMax);
  for (const worker of fleet.workers.values()) worker.unanswered = 0;
  return {
    step,
    samples,
    shardSize,
    tree,
    done: new Uint8Array(tree.units),
    claims: new Uint16Array(tree.units),
    heightMax: new Uint8Array(tree.units).fill(tree.height),
    suspect: new Uint8Array(tree.units),
    losses: new Map(),
    doneUnits: 0,
    freeUnits: tree.units,
    grants: new Map(),
    cover: new Map(),
    spares: new Map(),
    checks: new Map(),
    local: undefined,
    handles: 0,
    waiting: false,
  };
}

/** What follows from the present state: work for whoever has none, or the end of the step. */
export function advance(context: Context): void {
  const { round } = context;
  if (round.freeUnits > 0) {
    giveRemote(context);
    giveLocal(context);
    if (round.freeUnits > 0) waitIfAlone(context);
  }
  const complete = round.doneUnits === round.tree.units;
  // The local threads cannot be called back, and what they bring belongs to this step.
  if (complete && round.checks.size === 0 && round.local === undefined) close(context);
}

/** The answer of a worker that was given the node at some time in this step. */
export function result(context: Context, event: FleetEvent & { type: 'result' }): void {
  const given = answered(context, event);
  if (given === undefined) {
    context.commands.push({ type: 'release', handle: event.handle });
    return;
  }
  const worker = context.fleet.workers.get(event.worker)!;
  measure(worker, given, event);
  const sum = takeSum(context, given.key, event);
  const placed = place(context, sum);
  if (placed === 'cover') countAccepted(context, worker, given);
  if (placed === 'cover' || placed === 'spare') drawAudit(context, worker, { sum, draw: event.draw });
}

export function notFinite(context: Context, event: FleetEvent & { type: 'notFinite' }): void {
  const given = answered(context, event);
  if (given !== undefined) auditNotFinite(context, given.key, event.worker);
}

export function missing(context: Context, event: FleetEvent & { type: 'missing' }): void {
  const given = givenTo(context, event);
  if (given !== undefined) assignAgain(context, context.fleet.workers.get(event.worker)!, given);
}

/** Answers whether the run has diverged. */
export function localDone(context: Context, { results }: FleetEvent & { type: 'localDone' }): boolean {
  const { fleet, round, nowMs } = context;
  const { local } = round;
  if (local === undefined) throw new Error('the local threads were asked for nothing');
  round.local = undefined;
  let shards = 0;
  for (const key of local.keys) {
    claim(round, key, -1);
    shards += shardsOf(round.tree, key);
  }
  measureLocal(fleet, shards, nowMs - local.sinceMs);
  let diverged = false;
  for (const { node, handle } of results) {
    const key = keyOf(round.tree, node)!;
    if (handle === undefined) diverged = true;
    else place(context, takeSum(context, key, { worker: LOCAL, handle }));
  }
  return diverged;
}

/** Steps that the local threads ran by themselves tell how fast they are, too. */
export function measureLocal({ local }: Fleet, shards: number, durationMs: number): void {
  if (shards === 0) return;
  local.perShard.push(Math.max(durationMs, 0.001) / shards);
  if (local.perShard.length > LOCAL_WINDOW) local.perShard.shift();
  local.perShardMs = median(local.perShard);
}

/** How long it took is known even where the answer comes too late to be used. */
export function measure(
  worker: Worker,
  given: Grant,
  { computeMs, nowMs }: { computeMs: number; nowMs: number },
): void {
  const sinceMs = given.first ? given.sinceMs : Math.max(given.sinceMs, worker.lastAnswerMs);
  const { shards } = given;
  observe(worker.speed, { durationMs: nowMs - sinceMs, computeMs, shards, whole: given.first });
  worker.lastAnswerMs = nowMs;
  worker.silent = 0;
  worker.retryAtMs = nowMs + TRIAL_MS;
  if (worker.owed === given) worker.owed = undefined;
}

/** Ends the round without a step: nothing of it is used. */
export function giveUp(context: Context): void {
  const { fleet, round, commands } = context;
  const sums = new Set([...round.checks.values()].flatMap((check) => check.sums));
  for (const sum of [...round.cover.values(), ...round.spares.values()]) sums.add(sum);
  for (const { handle } of sums) commands.push({ type: 'release', handle });
  for (const worker of fleet.workers.values()) {
    for (const given of [...worker.leases]) {
      endLease(context, given);
      commands.push({ type: 'cancel', worker: worker.id, step: round.step, node: given.node });
    }
  }
  fleet.round = undefined;
}

function giveRemote(context: Context): void {
  const { fleet, round, nowMs } = context;
  const shardsPerUnit = 1 << round.tree.unitLevel;
  const { candidates, trials, trialsMax } = capacityOf(fleet, shardsPerUnit, nowMs);
  if (candidates.length === 0 && trials.length === 0) return;
  const free = freeFor(round, 'remote');
  if (free.length === 0) return;
  const always = fleet.options.share === 'always';
  const local = localRateOf(fleet, shardsPerUnit, context);
  // A trial takes nothing from anybody: what is tried is free for the others as well.
  let triable = [...free];
  const plan = planNodes({ tree: round.tree, free }, candidates, { local, always });
  for (const { worker: id } of candidates) fleet.workers.get(id)!.notUseful = false;
  for (const { worker: id, keys } of plan.assignments) {
    grant(context, fleet.workers.get(id)!, { keys, claims: true });
    round.waiting = false;
  }
  const due = [...trials];
  for (const id of plan.notUseful) {
    const worker = fleet.workers.get(id)!;
    worker.notUseful = true;
    if (due.length < trialsMax && isTrialDue(worker, nowMs)) due.push(worker);
  }
  for (const worker of due) {
    // More workers than units try the same ones.
    if (triable.length === 0) triable = freeFor(round, 'remote');
    const key = takeNode(round.tree, triable, 1);
    if (key === undefined) break;
    grant(context, worker, { keys: [key], claims: false });
    fleet.triedAtMs = nowMs;
  }
}

/** The local threads take what is left; where none take part in steps, only what nobody else may touch. */
function giveLocal(context: Context): void {
  const { fleet, round, commands, nowMs } = context;
  if (round.local !== undefined) return;
  const threads = fleet.options.localThreads;
  const free = freeFor(round, threads > 0 ? 'local' : 'judge');
  const units = free.reduce((sum, key) => sum + unitsOf(round.tree, key), 0);
  if (units === 0) return;
  const { perShardMs } = fleet.local;
  const perUnitMs = perShardMs === undefined ? undefined : perShardMs * (1 << round.tree.unitLevel);
  const inTime = perUnitMs === undefined ? LOCAL_FIRST_UNITS * threads : Math.floor(LOCAL_MS / perUnitMs);
  let left = Math.min(units, Math.max(1, threads, inTime));
  const unitsMax = 1 << assignmentLevel(left, Math.max(1, threads));
  const keys: number[] = [];
  while (left > 0) {
    const key = takeNode(round.tree, free, Math.min(unitsMax, left))!;
    left -= unitsOf(round.tree, key);
    keys.push(key);
    claim(round, key, 1);
  }
  round.local = { keys, sinceMs: nowMs };
  round.waiting = false;
  const nodes = keys.map((key) => nodeOf(round.tree, key));
  commands.push({ type: 'computeLocal', step: round.step, nodes });
}

function waitIfAlone({ fleet, round, commands }: Context): void {
  if (round.waiting || round.local !== undefined) return;
  for (const { leases } of fleet.workers.values()) if (leases.length > 0) return;
  round.waiting = true;
  commands.push({ type: 'wait', step: round.step });
}

function close(context: Context): void {
  const { fleet, round, commands } = context;
  for (const worker of fleet.workers.values()) {
    for (const given of worker.leases) {
      // All units are done, so these are trials: their answers tell how fast the workers are.
      if (given.claims) throw new Error('a node is leased that is done');
      worker.owed = given;
    }
    worker.leases = [];
  }
  const cover = takeCover(context);
  const parts = cover.map(({ key, handle }) => ({ node: nodeOf(round.tree, key), handle }));
  commands.push({ type: 'close', step: round.step, cover: parts });
  if (round.handles !== cover.length) throw new Error('a handle was neither released nor handed over');
  fleet.round = undefined;
}

interface Answer {
  readonly worker: number;
  readonly step: number;
  readonly node: Node;
}

/** The lease that an answer belongs to ends. Undefined, and a rejection, where the node was never given. */
function answered(context: Context, event: Answer): Grant | undefined {
  const given = givenTo(context, event);
  if (given === undefined) return undefined;
  endLease(context, given);
  settle(context.fleet.workers.get(event.worker)!, given);
  return given;
}

function givenTo(context: Context, { worker, node, step }: Answer): Grant | undefined {
  const { fleet, round, commands } = context;
  const key = keyOf(round.tree, node);
  const given = key === undefined ? undefined : grantOf(round, key, worker);
  const code: RejectCode | undefined = fleet.banned.has(worker)
    ? 'BANNED'
    : given === undefined
      ? 'NEVER_LEASED'
      : undefined;
  if (code === undefined) return given;
  commands.push({ type: 'reject', worker, code, step, node });
  return undefined;
}

function countAccepted({ round }: Context, worker: Worker, { node }: Grant): void {
  const { begin, end } = samplesOfNode(node, round.samples, round.shardSize);
  worker.nodes++;
  worker.samples += end - begin;
}
