/** Kernels that are wrong in the ways in which an engine can be wrong, made from the plain twin. */

import type { Kernels } from './kernels.ts';
import { allFinite } from './reference/reduce.ts';
import { createReferenceKernels } from './reference/reference.ts';

const f = Math.fround;

export type KernelName = keyof Kernels;
/** Changes the words of the memory at these indices, which a kernel has just written. */
export type Spoil = (words: Uint32Array, written: readonly number[]) => void;

/** The twin, in which `spoil` follows every call of the kernel `name`. */
export function spoilt(buffer: ArrayBufferLike, name: KernelName, spoil: Spoil): Kernels {
  const kernels = createReferenceKernels(buffer);
  const words = new Uint32Array(buffer);
  const original = kernels[name] as (...args: number[]) => number;
  const replaced = (...args: number[]): number => {
    const before = words.slice();
    const answer = original(...args);
    const written: number[] = [];
    for (let i = 0; i < words.length; i++) if (words[i] !== before[i]) written.push(i);
    spoil(words, written);
    return answer;
  };
  return { ...kernels, [name]: replaced };
}

export const flushSubnormals: Spoil = (words, written) => {
  for (const i of written) if ((words[i]! & 0x7f800000) === 0) words[i]! &= 0x80000000;
};

export const loseSignsOfZeros: Spoil = (words, written) => {
  for (const i of written) if (words[i] === 0x80000000) words[i] = 0;
};

/** How products are summed. */
export interface Arithmetic {
  /** sum + a b, rounded. */
  multiplyAdd(sum: number, a: number, b: number): number;
  /** What a sum begins with, when it has terms. */
  readonly start: number;
  readonly backwards: boolean;
  /** The sum of the shards. */
  tree(shards: readonly number[]): number;
}

/** The binary tree as a recursion: all but the last power of two on the left, the rest on the right. */
function tree(shards: readonly number[]): number {
  if (shards.length === 1) return shards[0]!;
  let left = 1;
  while (left * 2 < shards.length) left *= 2;
  return f(tree(shards.slice(0, left)) + tree(shards.slice(left)));
}

export const exact: Arithmetic = {
  multiplyAdd: (sum, a, b) => f(sum + f(a * b)),
  start: 0,
  backwards: false,
  tree,
};
/** One rounding, but for the double one of float64, which comes to the same in almost all cases. */
export const fused: Arithmetic = { ...exact, multiplyAdd: (sum, a, b) => f(sum + a * b) };
export const fromMinusZero: Arithmetic = { ...exact, start: -0 };
export const backwards: Arithmetic = { ...exact, backwards: true };
export const leftToRight: Arithmetic = { ...exact, tree: (shards) => shards.reduce((sum, x) => f(sum + x)) };

function sumOf(
  { multiplyAdd, start, backwards }: Arithmetic,
  terms: readonly (readonly [number, number])[],
): number {
  const ordered = backwards ? terms.toReversed() : terms;
  return ordered.reduce((sum, [a, b]) => multiplyAdd(sum, a, b), start);
}

function nodeOf(
  arithmetic: Arithmetic,
  shardSize: number,
  terms: readonly (readonly [number, number])[],
): number {
  const shards: number[] = [];
  for (let i = 0; i < terms.length; i += shardSize)
    shards.push(sumOf(arithmetic, terms.slice(i, i + shardSize)));
  return arithmetic.tree(shards);
}

/** The sums of products and of the tree with another arithmetic; with {@link exact} they are the twin's. */
export function recomputed(buffer: ArrayBufferLike, arithmetic: Arithmetic): Kernels {
  const v = new Float32Array(buffer);
  const panel = (base: number, width: number, sample: number, feature: number) =>
    base / 4 + ((sample >> 3) * width + feature) * 8 + (sample & 7);
  const indices = (n: number) => Array.from({ length: n }, (_, i) => i);
  const twin = createReferenceKernels(buffer);
  return {
    ...twin,
    denseForward(...args) {
      const [weights, bias, biasMode, input, z, output, count, inputs, units, activation] = args;
      // The activations of the known-answer test have one input, and their sums are those of the twin.
      if (inputs === 1 || activation !== 0) return twin.denseForward(...args);
      for (const s of indices(count)) {
        for (const u of indices(units)) {
          const pair = (i: number) =>
            [v[weights / 4 + u * inputs + i]!, v[panel(input, inputs, s, i)]!] as const;
          const sum = sumOf(arithmetic, indices(inputs).map(pair));
          const b = v[bias / 4 + (biasMode === 2 ? u : 0)]!;
          const at = panel(z, units, s, u);
          v[at] = biasMode === 0 ? sum : sum + b;
          v[panel(output, units, s, u)] = v[at]!;
        }
      }
    },
    denseForwardRows(...args) {
      const [weights, bias, biasMode, rows, ld, , panels, z, output, ...sizes] = args;
      twin.rowsToPanels(rows, panels, sizes[0], sizes[1], ld);
      this.denseForward(weights, bias, biasMode, panels, z, output, ...sizes);
    },
    denseInputGradient(weights, dz, dInput, count, inputs, units) {
      for (const s of indices(count)) {
        for (const i of indices(inputs)) {
          const pair = (u: number) => [v[weights / 4 + u * inputs + i]!, v[panel(dz, units, s, u)]!] as const;
          v[panel(dInput, inputs, s, i)] = sumOf(arithmetic, indices(units).map(pair));
        }
      }
    },
    denseWeightGradient(dz, rows, ld, _windows, dWeights, count, shardSize, inputs, units) {
      for (const u of indices(units)) {
        for (const i of indices(inputs)) {
          const pair = (s: number) => [v[panel(dz, units, s, u)]!, v[rows / 4 + s * ld + i]!] as const;
          v[dWeights / 4 + u * inputs + i] = nodeOf(arithmetic, shardSize, indices(count).map(pair));
        }
      }
    },
    denseBiasGradient(dz, dBias, count, shardSize, units, biasMode) {
      const term = (s: number, u: number) => [v[panel(dz, units, s, u)]!, 1] as const;
      if (biasMode === 1) {
        const terms = indices(count).map(
          (s) =>
            [
              sumOf(
                arithmetic,
                indices(units).map((u) => term(s, u)),
              ),
              1,
            ] as const,
        );
        v[dBias / 4] = nodeOf(arithmetic, shardSize, terms);
        return;
      }
      for (const u of indices(units)) {
        v[dBias / 4 + u] = nodeOf(
          arithmetic,
          shardSize,
          indices(count).map((s) => term(s, u)),
        );
      }
    },
    treeMean(slots, stride, n, length, samples, target) {
      for (const i of indices(length)) {
        v[target / 4 + i] =
          arithmetic.tree(indices(n).map((slot) => v[(slots + slot * stride) / 4 + i]!)) / samples;
      }
      return allFinite(v, length, target);
    },
    sgd(gradient, w, wNext, vector, vNext, length, learningRate, momentum, nesterov, weightDecay) {
      const [rate, mu, decay] = [f(learningRate), f(momentum), f(weightDecay)];
      for (const i of indices(length)) {
        const weight = v[w / 4 + i]!;
        let g = v[gradient / 4 + i]!;
        if (decay !== 0) g = arithmetic.multiplyAdd(g, decay, weight);
        if (mu !== 0) {
          const velocity = arithmetic.multiplyAdd(g, mu, v[vector / 4 + i]!);
          v[vNext / 4 + i] = velocity;
          g = nesterov ? arithmetic.multiplyAdd(g, mu, velocity) : velocity;
        }
        v[wNext / 4 + i] = arithmetic.multiplyAdd(weight, -rate, g);
      }
      return mu === 0 ? allFinite(v, length, wNext) : allFinite(v, length, wNext, vNext);
    },
  };
}
