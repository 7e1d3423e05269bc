/**
 * Who computes what, so that all finish together: a remote worker gets the fewest aligned nodes (each is one upload)
 * that bring the end of the step within a tenth of the ideal, and the local threads take what remains. Pure
 * arithmetic over units and milliseconds from now.
 */

import type { Tree } from './tree.ts';
import { takeNode, unitsOf } from './tree.ts';

/** A remote worker that holds nothing. */
export interface Candidate {
  readonly worker: number;
  /** What it needs whatever it computes: its exchange. Undefined as long as nothing is known of it. */
  readonly startMs: number | undefined;
  readonly perUnitMs: number;
  /** No more than this at a time, since nothing so large was ever tried. */
  readonly unitsMax: number;
}

/** The local threads together, or undefined where none take part. */
export interface LocalRate {
  readonly startMs: number;
  readonly perUnitMs: number;
}

export interface Assignment {
  readonly worker: number;
  readonly keys: number[];
}

export interface Plan {
  readonly assignments: readonly Assignment[];
  /** Workers that would finish only after the others are done. */
  readonly notUseful: readonly number[];
}

const TOLERANCE = 1.1;
/** Nodes that one worker gets at a time. */
const NODES_MAX = 8;

interface Share extends Candidate {
  readonly startMs: number;
  readonly keys: number[];
  load: number;
  quota: number;
}

/**
 * Takes nodes from `free` for the candidates. With `always` everybody gets one while there are some; else a worker
 * gets nothing if one unit of it would come after the others alone would be done with all.
 */
export function planNodes(
  { tree, free }: { tree: Tree; free: number[] },
  candidates: readonly Candidate[],
  { local, always }: { local: LocalRate | undefined; always: boolean },
): Plan {
  let units = free.reduce((sum, key) => sum + unitsOf(tree, key), 0);
  const known = candidates.filter((candidate): candidate is Share => candidate.startMs !== undefined);
  const { endMs, joined } = level(known, units, { local, always });
  const assignments: Assignment[] = [];
  // Whoever was never measured gets one unit, from the smallest nodes, so that it will be.
  for (const { worker, startMs } of candidates) {
    const key = startMs === undefined ? takeNode(tree, free, 1) : undefined;
    if (key === undefined) continue;
    assignments.push({ worker, keys: [key] });
    units -= unitsOf(tree, key);
  }
  const limitMs = endMs * TOLERANCE;
  const shares = joined.map((candidate) => shareOf(candidate, limitMs, always || local === undefined));
  shares.sort((a, b) => b.quota - a.quota || a.worker - b.worker);
  const give = (share: Share, unitsMax: number): boolean => {
    const key = share.keys.length < NODES_MAX ? takeNode(tree, free, unitsMax) : undefined;
    if (key === undefined) return false;
    share.keys.push(key);
    share.load += unitsOf(tree, key);
    units -= unitsOf(tree, key);
    return true;
  };
  const inTime = () =>
    units === 0 || (local !== undefined && local.startMs + units * local.perUnitMs <= limitMs);
  for (const [i, share] of shares.entries()) {
    if (!always && inTime()) break;
    // With `always` the others must find at least one unit each.
    const reserved = always ? shares.length - i - 1 : 0;
    const unitsMax = Math.max(1, Math.min(share.quota, units - reserved));
    if (share.quota > 0) give(share, unitsMax);
  }
  while (!inTime()) {
    const next = mostLeft(shares);
    if (next === undefined || !give(next, next.quota - next.load)) break;
  }
  // Where nobody is there to fill the gaps, the rest goes to whoever is done with it first.
  while (units > 0 && local === undefined) {
    const next = soonest(shares);
    if (next === undefined || !give(next, 1)) break;
  }
  for (const { worker, keys } of shares) if (keys.length > 0) assignments.push({ worker, keys });
  const used = new Set(joined.map(({ worker }) => worker));
  return { assignments, notUseful: known.map(({ worker }) => worker).filter((worker) => !used.has(worker)) };
}

/**
 * When the step could end at best if units could be cut at will: everybody who joins works from its start until that
 * end. Workers join in the order in which they could finish one unit, while that is before the end without them.
 */
function level<C extends Candidate & { startMs: number }>(
  candidates: readonly C[],
  units: number,
  { local, always }: { local: LocalRate | undefined; always: boolean },
): { endMs: number; joined: readonly C[] } {
  let rate = local === undefined ? 0 : 1 / local.perUnitMs;
  let lead = local === undefined ? 0 : local.startMs / local.perUnitMs;
  const end = () => (rate === 0 ? Number.POSITIVE_INFINITY : (units + lead) / rate);
  const firstMs = ({ startMs, perUnitMs }: C) => startMs + perUnitMs;
  const joined: C[] = [];
  for (const candidate of [...candidates].sort((a, b) => firstMs(a) - firstMs(b))) {
    const inTime = firstMs(candidate) < end();
    if (!inTime && !always) break;
    joined.push(candidate);
    if (!inTime) continue;
    rate += 1 / candidate.perUnitMs;
    lead += candidate.startMs / candidate.perUnitMs;
  }
  return { endMs: end(), joined };
}

/** Whether any of the candidates would get something of a step of `units`. */
export function isAnyUseful(
  candidates: readonly Candidate[],
  units: number,
  local: LocalRate | undefined,
): boolean {
  const known = candidates.filter((candidate): candidate is Share => candidate.startMs !== undefined);
  return level(known, units, { local, always: false }).joined.length > 0;
}

function shareOf(candidate: Candidate & { startMs: number }, limitMs: number, atLeastOne: boolean): Share {
  const inTime = Math.floor((limitMs - candidate.startMs) / candidate.perUnitMs);
  const quota = Math.min(candidate.unitsMax, Math.max(inTime, atLeastOne ? 1 : 0));
  return { ...candidate, quota, load: 0, keys: [] };
}

function mostLeft(shares: readonly Share[]): Share | undefined {
  let best: Share | undefined;
  for (const share of shares) {
    const left = share.quota - share.load;
    if (left < 1 || share.keys.length >= NODES_MAX) continue;
    if (best === undefined || left > best.quota - best.load) best = share;
  }
  return best;
}

function soonest(shares: readonly Share[]): Share | undefined {
  const endMs = ({ startMs, perUnitMs, load }: Share) => startMs + (load + 1) * perUnitMs;
  let best: Share | undefined;
  for (const share of shares) {
    if (share.keys.length >= NODES_MAX || share.load >= share.unitsMax) continue;
    if (best === undefined || endMs(share) < endMs(best)) best = share;
  }
  return best;
}
