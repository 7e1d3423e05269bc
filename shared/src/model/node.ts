/**
 * Computes a node of the tree: the gradient sum over its shards, its loss sum and its number of correct samples.
 * A node of more samples than one pass takes is walked depth first in aligned sub-nodes, whose sums are added
 * along the tree on a stack of slots, so memory grows with the levels and never with the shards.
 */

import type { Arena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Pass } from './layer.ts';
import { placeNetwork } from './network.ts';
import type { Network } from './network.ts';
import { parameterCount } from './parameters.ts';
import type { ModelSpec } from './spec.ts';

/** Samples that one pass runs over: enough to amortise it, few enough for the second-level cache. */
const PASS_SAMPLES = 256;

/** Bytes of the sums of a node: { loss: f32, correct: u32 }. */
export const SUMS_BYTES = 8;

/** Puts the samples at positions [begin, end) of the mini-batch into the network's input and targets. */
export type LoadSamples = (network: Network, begin: number, end: number) => void;

export interface NodeComputer {
  readonly network: Network;
  /** Gradient sum of the samples [begin, end), which are one aligned node, to `slot`; { loss, correct } to `sums`. */
  gradient(weights: number, node: { begin: number; end: number }, slot: number, sums: number): void;
  /** { loss: f32, correct: u32 } of the samples [begin, end) to `sums`. */
  evaluate(weights: number, node: { begin: number; end: number }, sums: number): void;
}

export interface NodeComputerOptions {
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly shardSize: number;
  /** Samples of the largest node whose gradient will be asked for. */
  readonly samplesMax: number;
  readonly load: LoadSamples;
  /** Reads and writes the memory's sums. */
  readonly words: { readonly f32: Float32Array; readonly u32: Uint32Array };
}

/** Samples of the largest aligned sub-node that one pass takes; one shard at least. */
function passSamples(shardSize: number): number {
  let samples = shardSize;
  while (samples * 2 <= PASS_SAMPLES) samples *= 2;
  return samples;
}

export function placeNodeComputer(spec: ModelSpec, options: NodeComputerOptions): NodeComputer {
  const { kernels, arena, shardSize, samplesMax, load, words } = options;
  const { f32, u32 } = words;
  const parameters = parameterCount(spec);
  const step = passSamples(shardSize);
  const network = placeNetwork(spec, Math.min(step, samplesMax), arena);
  const pass: Pass = { weights: 0, gradient: 0, count: 0, shardSize };

  // The bottom of the stack is the caller's; above it one slot for each level that a node can have.
  const slots = [0];
  const sums = [0];
  for (let span = step; span < samplesMax; span *= 2) {
    slots.push(arena.allocate(parameters * 4));
    sums.push(arena.allocate(SUMS_BYTES));
  }

  /** Runs `leaf` over the passes of a node and `merge` where two siblings are there. */
  const walk = (
    { begin, end }: { begin: number; end: number },
    leaf: (top: number) => void,
    merge: (left: number) => void,
  ) => {
    let top = 0;
    let passes = 0;
    for (let at = begin; at < end; at += step) {
      const stop = Math.min(at + step, end);
      pass.count = stop - at;
      load(network, at, stop);
      leaf(top);
      passes++;
      for (let siblings = passes; (siblings & 1) === 0; siblings >>= 1) merge(--top);
      top++;
    }
    for (top--; top > 0; ) merge(--top);
  };

  const mergeSums = (left: number) => {
    const to = sums[left]! >>> 2;
    const from = sums[left + 1]! >>> 2;
    f32[to] = f32[to]! + f32[from]!;
    u32[to + 1] = u32[to + 1]! + u32[from + 1]!;
  };

  return {
    network,
    gradient(weights, node, slot, nodeSums) {
      slots[0] = slot;
      sums[0] = nodeSums;
      pass.weights = weights;
      const leaf = (top: number) => {
        pass.gradient = slots[top]!;
        network.forward(kernels, pass);
        network.loss(kernels, pass, sums[top]!);
        network.backward(kernels, pass);
      };
      walk(node, leaf, (left) => {
        kernels.add(slots[left]!, slots[left + 1]!, parameters);
        mergeSums(left);
      });
    },
    evaluate(weights, node, nodeSums) {
      sums[0] = nodeSums;
      pass.weights = weights;
      const leaf = (top: number) => {
        network.forward(kernels, pass);
        network.loss(kernels, pass, sums[top]!);
      };
      walk(node, leaf, mergeSums);
    },
  };
}
