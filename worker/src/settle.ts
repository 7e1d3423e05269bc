/**
 * What becomes of a result for a node when it meets what is known. Known nodes never overlap. Of two results for the
 * same samples the first is kept and the second compared with it byte by byte, except that what local threads
 * computed is right and takes the place of other bytes; a result for a node replaces a part of it that is known.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { contains } from './cover.ts';
import type { Bytes, Held, Slots } from './slots.ts';

/** What somebody computed of a node. */
export interface NodeResult {
  /** The sum over the samples, laid out like the weights; as bytes little-endian, at any offset. */
  readonly gradient: Uint8Array | Float32Array;
  readonly lossSum: number;
  readonly correct: number;
}

/**
 * What became of a result from outside. `equal` and `different`: this node, or descendants that make it up, are known with
 * the same or with other bytes; they stay. `covered`: a node above it is known. `wrongLength`, `wrongSums` (`correct`
 * is no count of its samples, or the loss no float32) and `notFinite`: nothing was kept.
 */
export type PutVerdict =
  | 'stored'
  | 'equal'
  | 'different'
  | 'covered'
  | 'wrongLength'
  | 'wrongSums'
  | 'notFinite';

/** What became of a result of the local threads. */
export interface Settled {
  /** Nodes that were known before, and whose bytes came out again. */
  readonly confirmed: readonly Node[];
  /** Nodes that were known with other bytes; the local result has replaced them. */
  readonly refuted: readonly Node[];
  /** A node above was known, with which no part of it can be compared; the result was dropped. */
  readonly covered: boolean;
}

/** Keeps or compares a result of `samples` samples. */
export function settleRemote(slots: Slots, node: Node, samples: number, result: NodeResult): PutVerdict {
  const { gradient, lossSum, correct } = result;
  const bytes = new Uint8Array(gradient.buffer, gradient.byteOffset, gradient.byteLength);
  if (bytes.length !== slots.bytes) return 'wrongLength';
  if (!Number.isFinite(lossSum)) return 'notFinite';
  const counts = Number.isInteger(correct) && correct >= 0 && correct <= samples;
  if (!counts || Math.fround(lossSum) !== lossSum) return 'wrongSums';
  if (slots.hasAbove(node)) return 'covered';
  const received: Bytes = { bytes, lossSum, correct };
  const known = slots.inside(node);
  const order = slots.orderOf(known, node);
  if (order !== undefined) return slots.equalTo(order, received) ? 'equal' : 'different';
  slots.makeSure(1 - known.length);
  const held = slots.take(node);
  if (!slots.write(held, received)) {
    slots.free(held);
    return 'notFinite';
  }
  for (const other of known) slots.drop(other);
  slots.keep(held);
  return 'stored';
}

/** Keeps or compares what local threads computed of a node, in parts that make it up. */
export function settleLocal(slots: Slots, node: Node, computed: readonly Held[]): Settled {
  if (slots.hasAbove(node)) {
    for (const part of computed) slots.free(part);
    return { confirmed: [], refuted: [], covered: true };
  }
  const [confirmed, refuted]: [Node[], Node[]] = [[], []];
  let left = computed;
  // First the known nodes that whole parts make up ...
  for (const known of slots.inside(node)) {
    const under = left.filter((part) => contains(known.node, part.node));
    const order = slots.orderOf(under, known.node);
    if (order === undefined) continue;
    if (slots.equal(order, known)) {
      confirmed.push(known.node);
      for (const part of under) slots.free(part);
      left = left.filter((part) => !under.includes(part));
    } else {
      refuted.push(known.node);
      slots.drop(known);
    }
  }
  // ... then the parts that known nodes make up, or of which a part is known.
  for (const part of left) {
    const known = slots.inside(part.node);
    const order = slots.orderOf(known, part.node);
    const names = known.map((held) => held.node);
    if (order !== undefined && slots.equal(order, part)) {
      confirmed.push(...names);
      slots.free(part);
      continue;
    }
    if (order !== undefined) refuted.push(...names);
    slots.makeSure(1 - known.length);
    for (const held of known) slots.drop(held);
    slots.keep(part);
  }
  return { confirmed, refuted, covered: false };
}
