/**
 * One node for several threads: it is cut in pieces, which are the nodes of a lower level under it, and their sums are
 * added along the tree. A node is by definition the sum of its two children, so neither the number of pieces nor who
 * computed them changes a bit.
 */

import { bitsOfFloat, floatOfBits, floatsOf, isFiniteBody } from '../protocol/codec.ts';
import { featureBytes, targetBytes } from '../protocol/limits.ts';
import type { ComputeRun, ComputeTask, NodeRows, Outcome } from './ports.ts';

/** What became of a task that was computed to its end. */
export type Computed = Exclude<Outcome, { kind: 'aborted' }>;

/**
 * The pieces of a task from left to right, all of one level: as many as `wanted` or, where that is no power of two, up
 * to twice as many; fewer where it has fewer shards. Each has rows of its own, which may be transferred, but where
 * there is one piece alone it is the task itself.
 */
export function splitTask(run: ComputeRun, task: ComputeTask, wanted: number): readonly ComputeTask[] {
  const { node, begin, end } = task;
  let depth = 0;
  while (1 << depth < wanted && depth < node.level) depth++;
  if (depth === 0) return [task];
  const level = node.level - depth;
  const span = run.shardSize * (1 << level);
  const pieces: ComputeTask[] = [];
  for (let from = begin, index = node.index << depth; from < end; from += span, index++) {
    const to = Math.min(from + span, end);
    const rows = rowsBetween(run, task.rows, from - begin, to - begin);
    pieces.push({ ...task, node: { step: node.step, level, index }, begin: from, end: to, rows });
  }
  return pieces;
}

/**
 * What the whole task would have given, from its pieces in their order. The gradient of the first piece becomes the
 * sum, so it has to lie at a multiple of 4 bytes. The time is that of all pieces together, as if one thread had done them.
 */
export function addPieces(pieces: readonly Computed[]): Computed {
  let row = pieces;
  while (row.length > 1) {
    const above: Computed[] = [];
    for (let i = 0; i < row.length; i += 2) {
      const [left, right] = [row[i]!, row[i + 1]];
      above.push(right === undefined ? left : addSiblings(left, right));
    }
    row = above;
  }
  const sum = row[0]!;
  // Finite pieces can have a sum that is not; what is not finite never becomes finite again.
  if (pieces.length === 1 || sum.kind !== 'result') return sum;
  const areFinite = Number.isFinite(floatOfBits(sum.lossBits)) && isFiniteBody(sum.gradient);
  return areFinite ? sum : { kind: 'notFinite', computeUs: sum.computeUs };
}

function addSiblings(left: Computed, right: Computed): Computed {
  const computeUs = left.computeUs + right.computeUs;
  if (left.kind !== 'result' || right.kind !== 'result') return { kind: 'notFinite', computeUs };
  const to = floatsOf(left.gradient);
  const from = floatsOf(right.gradient);
  // Both are float32, and so is what is stored: the sum in float64 is rounded once, to the same bits.
  for (let i = 0; i < to.length; i++) to[i] = to[i]! + from[i]!;
  const lossBits = bitsOfFloat(Math.fround(floatOfBits(left.lossBits) + floatOfBits(right.lossBits)));
  return {
    kind: 'result',
    lossBits,
    correct: left.correct + right.correct,
    computeUs,
    gradient: left.gradient,
  };
}

/** Copies of the rows of the samples [from, to) of a node. */
function rowsBetween(run: ComputeRun, rows: NodeRows, from: number, to: number): NodeRows {
  const part = (all: Uint8Array<ArrayBuffer>, bytes: number) => all.slice(from * bytes, to * bytes);
  return {
    features: part(rows.features, featureBytes(run)),
    targets: part(rows.targets, targetBytes(run)),
    weights: part(rows.weights, run.weighted ? 4 : 0),
  };
}
