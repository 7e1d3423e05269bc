/**
 * The fixed binary tree over the shards of a step, which is at once the unit of assignment, of reduction and of
 * loss. Node (level k, index i) covers the shards [i 2^k, (i + 1) 2^k); the last node of a level may cover fewer,
 * and a node without a right sibling passes its left one up unchanged.
 */

export interface Node {
  readonly level: number;
  readonly index: number;
}

export function shardCount(samples: number, shardSize: number): number {
  return Math.ceil(samples / shardSize);
}

/** Nodes on a level of the tree over `shards` leaves, of which there are fewer than 2^30. */
export function nodesOnLevel(shards: number, level: number): number {
  return Math.ceil(shards / (1 << level));
}

/** The samples of a node, as positions in its mini-batch of `samples`. */
export function samplesOfNode(
  node: Node,
  samples: number,
  shardSize: number,
): { begin: number; end: number } {
  const span = (1 << node.level) * shardSize;
  return { begin: node.index * span, end: Math.min((node.index + 1) * span, samples) };
}

/**
 * The level whose nodes let `workers` equally fast workers finish soonest, taking one node after the other; of
 * levels within a tenth of the best the highest, since every node costs one gradient written and read again.
 */
export function assignmentLevel(shards: number, workers: number): number {
  const shardsInSequence = (level: number) => Math.ceil(nodesOnLevel(shards, level) / workers) * (1 << level);
  const best = shardsInSequence(0);
  let chosen = 0;
  for (let level = 1; nodesOnLevel(shards, level - 1) > 1; level++) {
    if (shardsInSequence(level) <= best * 1.1) chosen = level;
  }
  return chosen;
}
