/**
 * Training without numbers: the gradient of a shard is a hash of (weights, shard), a sum is a hash of its children that
 * knows left from right, and a step mixes the sum into the optimizer's state and that into the weights. So whatever is
 * missing, doubled, misplaced or not restored shows in all later weights.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel } from '@hivegrad/shared/reduce/tree';

/** What a checkpoint must hold. */
export interface Model {
  readonly weights: number;
  /** Of the optimizer. */
  readonly state: number;
}

export const firstModel: Model = { weights: 1, state: 2 };

export function updated({ weights, state }: Model, sum: number): Model {
  const next = mix(state, sum);
  return { weights: mix(weights, next), state: next };
}

export function isSameModel(a: Model, b: Model): boolean {
  return a.weights === b.weights && a.state === b.state;
}

export function mix(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return x ^ (x >>> 15);
}

export function rootOf(shards: number): Node {
  return { level: shards === 1 ? 0 : 32 - Math.clz32(shards - 1), index: 0 };
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

export function hasShard({ level, index }: Node, shard: number): boolean {
  return shard >> level === index;
}
