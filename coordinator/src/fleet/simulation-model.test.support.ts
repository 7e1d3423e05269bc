/**
 * Gradients without numbers: the gradient of a shard is a hash of (weights, step, shard), a sum is a hash of its
 * children that knows left from right, so whatever is missing, doubled or misplaced shows. And the clock of a
 * simulation: a heap of things that will happen.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel } from '@hivegrad/shared/reduce/tree';

export function mix(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return x ^ (x >>> 15);
}

/** The true sum of a node of a step with `shards` shards. */
export function sumOf(weights: number, shards: number, { level, index }: Node): number {
  if (level === 0) return mix(weights, index);
  const left = sumOf(weights, shards, { level: level - 1, index: 2 * index });
  const right = 2 * index + 1;
  if (right >= nodesOnLevel(shards, level - 1)) return left;
  return mix(left, sumOf(weights, shards, { level: level - 1, index: right }));
}

export interface Valued {
  readonly node: Node;
  readonly value: number;
}

/** Adds sums that make up a node from left to right, as a shell would; undefined if they do not. */
export function added(shards: number, { level, index }: Node, parts: readonly Valued[]): number | undefined {
  const left = [...parts];
  const visit = (l: number, i: number): number | undefined => {
    const first = left[0];
    if (first === undefined) return undefined;
    if (first.node.level === l && first.node.index === i) return left.shift()!.value;
    if (l === 0) return undefined;
    const a = visit(l - 1, 2 * i);
    if (a === undefined || 2 * i + 1 >= nodesOnLevel(shards, l - 1)) return a;
    const b = visit(l - 1, 2 * i + 1);
    return b === undefined ? undefined : mix(a, b);
  };
  const sum = visit(level, index);
  return left.length === 0 ? sum : undefined;
}

interface Happening {
  readonly atMs: number;
  readonly seq: number;
  readonly run: () => void;
}

/** What is earlier comes first, and what was planned first among those at the same time. */
export class Timeline {
  nowMs = 0;
  private readonly heap: Happening[] = [];
  private seq = 0;

  after(delayMs: number, run: () => void): void {
    const { heap } = this;
    const added = { atMs: this.nowMs + delayMs, seq: this.seq++, run };
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(added, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = added;
  }

  /** Lets the next thing happen; false if there is none. */
  next(): boolean {
    const { heap } = this;
    const first = heap[0];
    if (first === undefined) return false;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  private sink(last: Happening): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
