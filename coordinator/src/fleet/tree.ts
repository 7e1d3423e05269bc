/**
 * The tree of one step as the round sees it: aligned nodes down to a *unit*, the smallest node that is ever given
 * out. Units are nodes of one level, chosen so that a step has at most `nodesMax` of them: that bounds the gradient
 * sums that a step can hold, whatever happens in it.
 *
 * Inside a round a node is a key, its number in a perfect binary tree: the root is 1, the children of k are 2k and
 * 2k + 1. A key names a node that exists if it has at least one unit.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel } from '@hivegrad/shared/reduce/tree';

export interface Tree {
  readonly shards: number;
  readonly unitLevel: number;
  /** Levels from a unit up to the root. */
  readonly height: number;
  readonly units: number;
}

export const ROOT = 1;

export function treeOf(shards: number, nodesMax: number): Tree {
  if (shards < 1 || nodesMax < 1) throw new Error('a step has at least one shard and one node');
  let unitLevel = 0;
  while (nodesOnLevel(shards, unitLevel) > nodesMax) unitLevel++;
  const units = nodesOnLevel(shards, unitLevel);
  return { shards, unitLevel, height: units === 1 ? 0 : 32 - Math.clz32(units - 1), units };
}

/** The key of a node, or undefined if this step gives no such node out. */
export function keyOf(tree: Tree, { level, index }: Node): number | undefined {
  const depth = tree.unitLevel + tree.height - level;
  const valid = Number.isInteger(level) && level >= tree.unitLevel && depth >= 0;
  if (!valid || !Number.isInteger(index) || index < 0 || index >= nodesOnLevel(tree.shards, level))
    return undefined;
  return (1 << depth) + index;
}

export function nodeOf(tree: Tree, key: number): Node {
  const depth = 31 - Math.clz32(key);
  return { level: tree.unitLevel + tree.height - depth, index: key - (1 << depth) };
}

/** How many levels a node stands above the units. */
export function heightOf(tree: Tree, key: number): number {
  return tree.height - (31 - Math.clz32(key));
}

export function firstUnit(tree: Tree, key: number): number {
  const depth = 31 - Math.clz32(key);
  return (key - (1 << depth)) << (tree.height - depth);
}

/** One past the last unit. */
export function endUnit(tree: Tree, key: number): number {
  return Math.min(tree.units, firstUnit(tree, key) + (1 << heightOf(tree, key)));
}

export function unitsOf(tree: Tree, key: number): number {
  return endUnit(tree, key) - firstUnit(tree, key);
}

export function shardsOf(tree: Tree, key: number): number {
  const end = Math.min(tree.shards, endUnit(tree, key) << tree.unitLevel);
  return end - (firstUnit(tree, key) << tree.unitLevel);
}

/** Whether `key` is `above` or lies under it. */
export function isWithin(key: number, above: number): boolean {
  const levels = Math.clz32(above) - Math.clz32(key);
  return levels >= 0 && key >> levels === above;
}

/** The children that exist: the last node of a level may have a left one alone. */
export function childrenOf(tree: Tree, key: number): readonly number[] {
  if (heightOf(tree, key) === 0) return [];
  const right = 2 * key + 1;
  return firstUnit(tree, right) < tree.units ? [2 * key, right] : [2 * key];
}

/**
 * The fewest nodes that cover exactly the units for which `isFree`, from left to right, none higher above the units
 * than `heightMax` allows for each of its units.
 */
export function freeNodes(tree: Tree, isFree: (unit: number) => boolean, heightMax: Uint8Array): number[] {
  const keys: number[] = [];
  const visit = (key: number, height: number): void => {
    const begin = firstUnit(tree, key);
    const end = Math.min(tree.units, begin + (1 << height));
    let free = 0;
    let whole = true;
    for (let unit = begin; unit < end; unit++) {
      if (isFree(unit)) free++;
      if (heightMax[unit]! < height) whole = false;
    }
    if (free === 0) return;
    if (free === end - begin && (whole || height === 0)) {
      keys.push(key);
      return;
    }
    if (height === 0) return;
    visit(2 * key, height - 1);
    if (end - begin > 1 << (height - 1)) visit(2 * key + 1, height - 1);
  };
  visit(ROOT, tree.height);
  return keys;
}

/**
 * Takes from the free nodes the largest one of at most `unitsMax` units, cutting a larger one where that gives more;
 * what is cut off stays in `free`. Among equals it takes from the smallest, so that large nodes stay whole.
 */
export function takeNode(tree: Tree, free: number[], unitsMax: number): number | undefined {
  let best = { at: -1, key: 0, units: 0, whole: 0 };
  for (const [at, whole] of free.entries()) {
    let key = whole;
    while (unitsOf(tree, key) > unitsMax) key *= 2;
    const candidate = { at, key, units: unitsOf(tree, key), whole: unitsOf(tree, whole) };
    const better =
      candidate.units > best.units || (candidate.units === best.units && candidate.whole < best.whole);
    if (better) best = candidate;
  }
  if (best.at < 0) return undefined;
  const cutOff: number[] = [];
  for (let key = best.key; key !== free[best.at]; key >>= 1) {
    // The way down goes to the left, so what is cut off are the right siblings on the way up.
    if (firstUnit(tree, key + 1) < tree.units) cutOff.push(key + 1);
  }
  free.splice(best.at, 1, ...cutOff);
  return best.key;
}
