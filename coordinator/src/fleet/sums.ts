/**
 * The gradient sums of a round. The *cover* is what the step will consist of: disjoint nodes, and the step is complete
 * when they reach over all units. The first answer for a node enters it. The answer for a node that was cut meanwhile
 * replaces what is known of its descendants; those stay as *spares* and are compared once they make up the node. A
 * second answer is compared with the first and then released. Every handle is released exactly once, or handed over
 * with the cover.
 */

import { compare, drop, release } from './handles.ts';
import { cancelUnder } from './leases.ts';
import type { Context, Round, Sum } from './state.ts';
import { LOCAL } from './state.ts';
import { childrenOf, firstUnit, isWithin, nodeOf, unitsOf } from './tree.ts';
import { doneIn, setDone } from './units.ts';

/** What became of a sum: part of the step, kept to be compared, being compared, or released unseen. */
export type Placed = 'cover' | 'spare' | 'compared' | 'released';

export function place(context: Context, sum: Sum): Placed {
  const { round } = context;
  const same = round.cover.get(sum.key) ?? round.spares.get(sum.key);
  if (same !== undefined) return compareWith(context, sum, [same]);
  const above = ancestorInCover(round, sum.key);
  if (above !== undefined) {
    if (!hasRoom(context)) return release(context, sum);
    round.spares.set(sum.key, sum);
    compareTiles(context, above);
    return 'spare';
  }
  if (doneIn(round, sum.key) === unitsOf(round.tree, sum.key)) {
    return compareWith(context, sum, tilesUnder(round, sum.key, round.cover)!);
  }
  enter(context, sum);
  return 'cover';
}

/** Takes everything of a worker out of the round; spares of others take the place where they can. */
export function revoke(context: Context, worker: number): void {
  const { round } = context;
  for (const sums of [round.cover, round.spares]) {
    for (const sum of [...sums.values()]) {
      if (sum.worker !== worker) continue;
      sums.delete(sum.key);
      if (sums === round.cover) setDone(round, sum.key, 0);
      drop(context, sum);
    }
  }
  // Keys grow downwards: higher nodes come first.
  for (const spare of [...round.spares.values()].sort((a, b) => a.key - b.key)) {
    if (ancestorInCover(round, spare.key) !== undefined) continue;
    round.spares.delete(spare.key);
    enter(context, spare);
  }
}

/** What the step consists of, from left to right; all other handles are released. */
export function takeCover(context: Context): Sum[] {
  const { round } = context;
  for (const spare of round.spares.values()) drop(context, spare);
  round.spares.clear();
  const cover = [...round.cover.values()];
  return cover.sort((a, b) => firstUnit(round.tree, a.key) - firstUnit(round.tree, b.key));
}

function enter(context: Context, sum: Sum): void {
  const { fleet, round, commands } = context;
  if (doneIn(round, sum.key) > 0) {
    for (const part of [...round.cover.values()]) {
      if (!isWithin(part.key, sum.key)) continue;
      round.cover.delete(part.key);
      if (round.handles - round.cover.size > fleet.options.sparesMax) drop(context, part);
      else round.spares.set(part.key, part);
    }
  }
  round.cover.set(sum.key, sum);
  setDone(round, sum.key, 1);
  commands.push({
    type: 'accept',
    step: round.step,
    node: nodeOf(round.tree, sum.key),
    handle: sum.handle,
    worker: sum.worker === LOCAL ? undefined : sum.worker,
  });
  cancelUnder(context, sum.key);
}

function compareWith(context: Context, sum: Sum, known: readonly Sum[]): Placed {
  if (!hasRoom(context)) return release(context, sum);
  compare(context, sum.key, { left: [sum], right: known });
  drop(context, sum);
  return 'compared';
}

/** Compares a node of the cover with its spares as soon as they make it up; they are not needed any longer. */
function compareTiles(context: Context, above: Sum): void {
  const { round } = context;
  const tiles = tilesUnder(round, above.key, round.spares);
  if (tiles === undefined) return;
  compare(context, above.key, { left: [above], right: tiles });
  for (const tile of tiles) {
    round.spares.delete(tile.key);
    drop(context, tile);
  }
}

/** The highest of `sums` under a node that make it up, if they do. */
function tilesUnder({ tree }: Round, key: number, sums: ReadonlyMap<number, Sum>): Sum[] | undefined {
  const tiles: Sum[] = [];
  const visit = (child: number): boolean => {
    const sum = sums.get(child);
    if (sum !== undefined) {
      tiles.push(sum);
      return true;
    }
    const children = childrenOf(tree, child);
    return children.length > 0 && children.every(visit);
  };
  const children = childrenOf(tree, key);
  return children.length > 0 && children.every(visit) ? tiles : undefined;
}

function ancestorInCover({ cover }: Round, key: number): Sum | undefined {
  for (let above = key >> 1; above >= 1; above >>= 1) {
    const sum = cover.get(above);
    if (sum !== undefined) return sum;
  }
  return undefined;
}

/** Room for one more handle that the step may not consist of. */
function hasRoom({ fleet, round }: Context): boolean {
  return round.handles - round.cover.size <= fleet.options.sparesMax;
}
