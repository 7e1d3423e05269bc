/**
 * How sums of nodes of different levels are added: they have to cover a node of the tree (shared/reduce/tree.ts)
 * exactly, and are then added along the tree, so that the result has the bits of any other cover.
 */

import { ADD } from '@hivegrad/shared/optim/update';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel } from '@hivegrad/shared/reduce/tree';

/** A sum in postfix notation. */
export interface Postfix {
  /** The place of a node in the list, or ADD for the sum of the two sums before it. */
  readonly words: readonly number[];
  /** Sums that wait for their sibling at once, at most. */
  readonly depth: number;
}

/** The level of the root over `shards` leaves. */
export function topLevel(shards: number): number {
  let level = 0;
  while (nodesOnLevel(shards, level) > 1) level++;
  return level;
}

/** Whether `inner` is `outer` or one of its descendants. */
export function contains(outer: Node, inner: Node): boolean {
  return inner.level <= outer.level && inner.index >> (outer.level - inner.level) === outer.index;
}

/** The descendants of a node on a level that is not above its own, from left to right. */
export function descendants(node: Node, level: number, shards: number): Node[] {
  const first = node.index << (node.level - level);
  const end = Math.min((node.index + 1) << (node.level - level), nodesOnLevel(shards, level));
  return Array.from({ length: end - first }, (_, i) => ({ level, index: first + i }));
}

/** How the sums of `nodes`, in any order, become that of `root`; nothing where they leave a gap or overlap. */
export function postfixSum(nodes: readonly Node[], root: Node, shards: number): Postfix | undefined {
  const begin = (node: Node) => node.index << node.level;
  const sorted = nodes.map((node, place) => ({ node, place }));
  sorted.sort((a, b) => begin(a.node) - begin(b.node));
  const words: number[] = [];
  let [height, depth] = [0, 0];
  let at = begin(root);
  for (const { node, place } of sorted) {
    if (begin(node) !== at || !contains(root, node)) return undefined;
    at += 1 << node.level;
    words.push(place);
    depth = Math.max(depth, ++height);
    // Like a binary counter: an odd node finds its left sibling whole, for whatever is left of it was added before.
    for (let { level, index } = node; level < root.level; level++, index >>= 1) {
      if ((index & 1) === 1) {
        words.push(ADD);
        height--;
      } else if (index + 1 < nodesOnLevel(shards, level)) break;
    }
  }
  return at >= Math.min(begin(root) + (1 << root.level), shards) ? { words, depth } : undefined;
}
