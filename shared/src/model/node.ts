/**
 * Computes a node of the tree: the gradient sum over its shards, its loss sum and its number of correct samples.
 * A node of more samples than one pass takes is walked depth first in aligned sub-nodes, whose sums are added
 * along the tree on a stack of slots, so memory grows with the levels and never with the shards.
 */

import type { Arena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { seedKey } from '../random/philox.ts';
import type { Pass } from './layer.ts';
import type { Network } from './network.ts';
import { placeNetwork } from './network.ts';
import { parameterCount } from './parameters.ts';
import type { ModelSpec } from './spec.ts';

/** Samples that one pass runs over: enough to amortise it, few enough for the second-level cache. */
const PASS_SAMPLES = 256;

/** Levels of any tree: a data set has fewer than 2^32 samples. */
const LEVELS_MAX = 32;

/** Bytes of the sums of a node: { loss: f32, correct: u32 }. */
export const SUMS_BYTES = 8;

/** Puts the samples at positions [begin, end) of the mini-batch into the network's input and targets. */
export type LoadSamples = (network: Network, begin: number, end: number) => void;

export interface NodeComputer {
  readonly network: Network;
  /** Gradient sum of a node to `slot`, its { loss: f32, correct: u32 } to `sums`. */
  gradient(kernels: Kernels, weights: number, node: NodeSamples, slot: number, sums: number): void;
  /** { loss: f32, correct: u32 } of a node to `sums`, without a gradient. */
  evaluate(kernels: Kernels, weights: number, node: NodeSamples, sums: number): void;
  /** What the network answers on a node's samples; `take` is called with the answers in place, pass by pass. */
  predict(kernels: Kernels, weights: number, node: NodeSamples, take: TakeAnswers): void;
}

/** Told that the network's `answers` hold those of the samples at positions [begin, end). */
export type TakeAnswers = (network: Network, begin: number, end: number) => void;

/** The samples of one aligned node, and where they come from. */
export interface NodeSamples {
  /** Positions in the mini-batch. */
  readonly begin: number;
  readonly end: number;
  readonly shardSize: number;
  readonly load: LoadSamples;
  /** The step that is trained, for what chance decides in it. */
  readonly step?: number;
  /** Whether `load` brings weights of the samples that are to be used. */
  readonly weighted?: boolean;
  /** Whether sums may leave out columns of zeros: the same bits if all weights are finite, and only then. Default false. */
  readonly skipZeros?: boolean;
}

export interface NodeComputerOptions {
  readonly arena: Arena;
  /** Samples of a shard, and of the largest node, whose gradient will be asked for. */
  readonly shardSize: number;
  readonly samplesMax: number;
  /** Samples of a shard that will be evaluated. */
  readonly evaluationShardSize: number;
  /** Decides what dropout drops; 0 where nothing is trained. */
  readonly seed?: number;
  /** The memory, to add the sums of siblings. */
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
}

/** Samples of the largest aligned sub-node that one pass takes; one shard at least. */
function passSamples(shardSize: number): number {
  let samples = shardSize;
  while (samples * 2 <= PASS_SAMPLES) samples *= 2;
  return samples;
}

export function placeNodeComputer(spec: ModelSpec, options: NodeComputerOptions): NodeComputer {
  const { arena, shardSize, samplesMax, evaluationShardSize, f32, u32, seed = 0 } = options;
  const parameters = parameterCount(spec);
  const step = passSamples(shardSize);
  const countMax = Math.max(Math.min(step, samplesMax), passSamples(evaluationShardSize));
  const network = placeNetwork(spec, countMax, arena);
  const { keyLow, keyHigh } = seedKey(seed);
  const pass: Pass = {
    weights: 0,
    gradient: 0,
    count: 0,
    shardSize: 0,
    training: false,
    weighted: false,
    skipZeros: false,
    step: 0,
    first: 0,
    keyLow,
    keyHigh,
  };

  // The bottom of each stack is the caller's; above it one entry for each level that a walk can have.
  const slots = [0];
  for (let span = step; span < samplesMax; span *= 2) slots.push(arena.allocate(parameters * 4));
  const sums = [0];
  for (let level = 0; level < LEVELS_MAX; level++) sums.push(arena.allocate(SUMS_BYTES));

  // One closure each for the life of the thread: a step must leave nothing to collect.
  let kernels: Kernels;
  const gradientLeaf = (top: number) => {
    pass.gradient = slots[top]!;
    network.forward(kernels, pass);
    network.loss(kernels, pass, sums[top]!);
    network.backward(kernels, pass);
  };
  const evaluationLeaf = (top: number) => {
    network.forward(kernels, pass);
    network.loss(kernels, pass, sums[top]!);
  };
  let take: TakeAnswers = () => {};
  const predictionLeaf = () => {
    network.forward(kernels, pass);
    network.answer(kernels, pass.count);
    take(network, pass.first, pass.first + pass.count);
  };
  const mergeNothing = () => {};
  const mergeSums = (left: number) => {
    const to = sums[left]! >>> 2;
    const from = sums[left + 1]! >>> 2;
    f32[to] = f32[to]! + f32[from]!;
    u32[to + 1] = u32[to + 1]! + u32[from + 1]!;
  };
  const mergeGradients = (left: number) => {
    kernels.add(slots[left]!, slots[left + 1]!, parameters);
    mergeSums(left);
  };

  /** Runs `leaf` over the passes of a node and `merge` where two siblings are there. */
  const walk = (node: NodeSamples, leaf: (top: number) => void, merge: (left: number) => void) => {
    const { begin, end, shardSize: shard, load } = node;
    const step = passSamples(shard);
    pass.shardSize = shard;
    pass.skipZeros = node.skipZeros === true;
    let top = 0;
    let passes = 0;
    for (let at = begin; at < end; at += step) {
      const stop = Math.min(at + step, end);
      pass.count = stop - at;
      pass.first = at;
      load(network, at, stop);
      leaf(top);
      passes++;
      for (let siblings = passes; (siblings & 1) === 0; siblings >>= 1) merge(--top);
      top++;
    }
    for (top--; top > 0; ) merge(--top);
  };

  return {
    network,
    gradient(using, weights, node, slot, nodeSums) {
      kernels = using;
      slots[0] = slot;
      sums[0] = nodeSums;
      pass.weights = weights;
      pass.training = true;
      pass.weighted = node.weighted === true;
      pass.step = node.step ?? 0;
      walk(node, gradientLeaf, mergeGradients);
    },
    evaluate(using, weights, node, nodeSums) {
      kernels = using;
      sums[0] = nodeSums;
      pass.weights = weights;
      pass.training = false;
      pass.weighted = false;
      walk(node, evaluationLeaf, mergeSums);
    },
    predict(using, weights, node, takeAnswers) {
      kernels = using;
      take = takeAnswers;
      pass.weights = weights;
      pass.training = false;
      walk(node, predictionLeaf, mergeNothing);
    },
  };
}
