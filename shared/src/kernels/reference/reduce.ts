/** Sums along the fixed binary tree, read from left to right as a binary counter. */

import type { Kernels } from '../kernels.ts';

const f = Math.fround;

/**
 * The root over `leaves` values. Node (k, i) covers the leaves [i 2^k, (i + 1) 2^k); a node without a right
 * sibling passes its left one up unchanged: after leaf number n the top two of a stack are added once per
 * trailing zero bit of n, and what is left at the end is added from the top down.
 */
export function treeSum(leaves: number, leaf: (index: number) => number): number {
  const stack: number[] = [];
  const mergeTop = () => {
    const right = stack.pop()!;
    stack.push(f(stack.pop()! + right));
  };
  for (let n = 1; n <= leaves; n++) {
    stack.push(leaf(n - 1));
    for (let siblings = n; (siblings & 1) === 0; siblings >>= 1) mergeTop();
  }
  while (stack.length > 1) mergeTop();
  return stack[0]!;
}

/** Sum over `count` samples: each shard from +0 in sample order, the shards along the tree. */
export function nodeSum(count: number, shardSize: number, term: (sample: number) => number): number {
  return treeSum(Math.ceil(count / shardSize), (shard) => {
    let sum = 0;
    const end = Math.min((shard + 1) * shardSize, count);
    for (let sample = shard * shardSize; sample < end; sample++) sum = f(sum + term(sample));
    return sum;
  });
}

/** 1 if the `length` floats at each of the addresses are finite, else 0. */
export function allFinite(v: Float32Array, length: number, ...addresses: readonly number[]): number {
  for (const address of addresses) {
    const begin = address >>> 2;
    for (let i = begin; i < begin + length; i++) if (v[i]! - v[i]! !== 0) return 0;
  }
  return 1;
}

export function referenceReductions(v: Float32Array): Pick<Kernels, 'add' | 'treeMean'> {
  return {
    add(target, source, length) {
      for (let i = 0; i < length; i++)
        v[(target >>> 2) + i] = v[(target >>> 2) + i]! + v[(source >>> 2) + i]!;
    },
    treeMean(slots, stride, n, length, samples, target) {
      const divisor = f(samples);
      for (let i = 0; i < length; i++) {
        const root = treeSum(n, (slot) => v[((slots + slot * stride) >>> 2) + i]!);
        v[(target >>> 2) + i] = root / divisor;
      }
      return allFinite(v, length, target);
    },
  };
}
