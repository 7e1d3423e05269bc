/**
 * Who could be given something now. A worker that was never measured, fell silent or would come too late is *tried*
 * from time to time: it gets a unit that others may take as well, so that the step does not wait for it and its
 * answer tells how fast it is. Where nobody else is left even such a worker is given work in earnest.
 */

import type { WaitingReason } from '@hivegrad/shared/protocol/messages';
import { UNANSWERED_MAX } from './leases.ts';
import type { Candidate, LocalRate } from './schedule.ts';
import { isAnyUseful } from './schedule.ts';
import type { Context, Fleet, Worker } from './state.ts';
import { treeOf, unitsOf } from './tree.ts';

/** A node of more than so many times the largest that a worker ever did is not given to it. */
const GROWTH_MAX = 4;
/**
 * Between two rounds that are played only to try somebody: one costs the local threads some milliseconds, and newcomers
 * are as many as there are strangers.
 */
const TRIAL_ROUNDS_MS = 100;
/** Workers that are tried at a time: each costs a set of weights, and a thousand may come at once. */
const TRIALS_MAX = 8;
/** Local threads that were never measured: fast, so that nobody else is waited for because of that. */
const UNMEASURED_MS = 0.001;

export interface Capacity {
  readonly candidates: readonly Candidate[];
  /** Workers whose trial is due, as many as may be tried now. */
  readonly trials: readonly Worker[];
  /** How many may be tried now, besides those whose trial is under way. */
  readonly trialsMax: number;
}

export function capacityOf(fleet: Fleet, shardsPerUnit: number, nowMs: number): Capacity {
  const candidates: Candidate[] = [];
  const unreliable: Worker[] = [];
  const trials: Worker[] = [];
  let others: boolean | undefined;
  let trialsMax = TRIALS_MAX;
  for (const worker of fleet.workers.values()) {
    if (isOnTrial(worker)) trialsMax--;
    if (!isIdle(worker)) continue;
    if (isReliable(worker)) {
      candidates.push(measured(worker, { shardsPerUnit, nodeShardsMax: fleet.options.nodeShardsMax }));
      continue;
    }
    others ??= hasOthers(fleet);
    if (!others) unreliable.push(worker);
    else if (nowMs >= worker.retryAtMs) trials.push(worker);
  }
  unreliable.sort((a, b) => a.silent - b.silent);
  for (const { id } of unreliable)
    candidates.push({ worker: id, startMs: undefined, perUnitMs: 0, unitsMax: 1 });
  trialsMax = Math.max(0, trialsMax);
  return { candidates, trials: trials.slice(0, trialsMax), trialsMax };
}

/** The local threads, from the end of what they are at; undefined where none take part in steps. */
export function localRateOf(fleet: Fleet, shardsPerUnit: number, context?: Context): LocalRate | undefined {
  if (fleet.options.localThreads === 0) return undefined;
  const perUnitMs = (fleet.local.perShardMs ?? UNMEASURED_MS) * shardsPerUnit;
  const { local } = context?.round ?? {};
  if (context === undefined || local === undefined) return { startMs: 0, perUnitMs };
  const units = local.keys.reduce((sum, key) => sum + unitsOf(context.round.tree, key), 0);
  return { startMs: Math.max(0, local.sinceMs + units * perUnitMs - context.nowMs), perUnitMs };
}

/**
 * Whether the next step should be played as a round, because a remote worker would be given something. Otherwise
 * the local threads may run many steps at a stretch.
 */
export function wantsRound(
  fleet: Fleet,
  { samples, shardSize, nowMs }: { samples: number; shardSize: number; nowMs: number },
): boolean {
  const { share, localThreads, nodesMax } = fleet.options;
  if (localThreads === 0) return true;
  const tree = treeOf(Math.ceil(samples / shardSize), nodesMax);
  const shardsPerUnit = 1 << tree.unitLevel;
  const { candidates, trials, trialsMax } = capacityOf(fleet, shardsPerUnit, nowMs);
  const mayTry = trialsMax > 0 && nowMs - fleet.triedAtMs >= TRIAL_ROUNDS_MS;
  if (mayTry && trials.length > 0) return true;
  if (share === 'always') return candidates.length > 0;
  for (const { worker: id } of candidates) {
    if (mayTry && isTrialDue(fleet.workers.get(id)!, nowMs)) return true;
  }
  return isAnyUseful(candidates, tree.units, localRateOf(fleet, shardsPerUnit));
}

/** Why a worker that is there has nothing to do, for its page to say; undefined while it has something. */
export function waitingReasonOf({ workers, round }: Fleet, id: number): WaitingReason | undefined {
  const worker = workers.get(id);
  if (worker === undefined || worker.leases.length > 0 || worker.owed?.leased) return undefined;
  const { presence, notUseful } = worker;
  if (presence === 'paused' || presence === 'draining') return presence;
  if (presence !== 'present') return undefined;
  if (notUseful) return 'notUseful';
  return round === undefined ? 'runWaits' : 'noNode';
}

/** Not useful when it was last looked at, which may have changed. */
export function isTrialDue({ notUseful, retryAtMs }: Worker, nowMs: number): boolean {
  return notUseful && nowMs >= retryAtMs;
}

export function isIdle({ presence, leases, unanswered, owed }: Worker): boolean {
  return (
    presence === 'present' && leases.length === 0 && unanswered < UNANSWERED_MAX && owed?.leased !== true
  );
}

function isOnTrial({ leases, owed }: Worker): boolean {
  return owed?.leased === true || leases.some(({ claims }) => !claims);
}

function isReliable({ speed, silent }: Worker): boolean {
  return speed.estimate !== undefined && silent === 0;
}

/** Whether anybody is there to rely on. */
function hasOthers({ options, workers }: Fleet): boolean {
  if (options.localThreads > 0) return true;
  for (const worker of workers.values()) {
    if (worker.presence === 'present' && worker.unanswered < UNANSWERED_MAX && isReliable(worker))
      return true;
  }
  return false;
}

function measured(
  { id, speed }: Worker,
  {
    shardsPerUnit,
    nodeShardsMax = Number.POSITIVE_INFINITY,
  }: { shardsPerUnit: number; nodeShardsMax?: number | undefined },
): Candidate {
  const { exchangeMs, perShardMs } = speed.estimate!;
  const shardsMax = Math.min(GROWTH_MAX * speed.shardsMax, nodeShardsMax);
  return {
    worker: id,
    startMs: exchangeMs,
    perUnitMs: perShardMs * shardsPerUnit,
    unitsMax: Math.max(1, Math.floor(shardsMax / shardsPerUnit)),
  };
}
