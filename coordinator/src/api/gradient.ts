/**
 * `gradient()`: the gradient sum of a network on some samples, in this thread. It is the very number that a node of a
 * training returns, so anybody can check what somebody else computed, bit for bit.
 */

import { UserError } from '@hivegrad/shared/errors';
import { createArena } from '@hivegrad/shared/kernels/arena';
import { leadingDimension } from '@hivegrad/shared/kernels/kernels';
import { allFinite } from '@hivegrad/shared/kernels/reference/reduce';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { lossKinds } from '@hivegrad/shared/model/losses';
import type { Network } from '@hivegrad/shared/model/network';
import { placeNodeComputer, SUMS_BYTES } from '@hivegrad/shared/model/node';
import { outputSize, parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { loadKernels } from '../workers/local-pool.ts';
import type { ModelInput } from './model.ts';
import { completeModel } from './model.ts';
import { checkOptions } from './options.ts';

export interface GradientOptions {
  /** Samples of a shard: within one, gradients are summed in the order of samples; shards are added along the tree. */
  readonly shardSize: number;
  /** One weight for each sample, by which its loss and derivatives are multiplied. Default: 1 for all. */
  readonly weights?: ArrayLike<number>;
  /** What dropout draws: the seed of the run and the number of the step, which counts from 0. Default 0 and 0. */
  readonly seed?: number;
  readonly step?: number;
  /**
   * Place of the first sample in its mini-batch, a multiple of `shardSize`; dropout draws by the place. Nodes of a
   * training's tree have 2^k shards and begin at a multiple of as many. Default 0.
   */
  readonly begin?: number;
}

export interface Gradient {
  /** Sum over the samples of the derivatives by the weights, laid out like these; divide by `samples` for the mean. */
  readonly gradient: Float32Array;
  readonly lossSum: number;
  /** Samples that were answered correctly; 0 where the loss counts none. */
  readonly correct: number;
  readonly samples: number;
}

/**
 * Backpropagates through all samples at once, equations (6) and (15).
 *
 * @param spec the network and its loss, with `inputSize`
 * @param weights P values in parameter order: layer after layer, each [outputs, inputs] and then its bias
 * @param rows [samples, inputSize] values, one row after the other
 * @param targets [samples] class numbers under softmaxCrossEntropy, else [samples, outputs] values
 * @throws UserError CONFIG_INVALID where the sizes do not fit
 */
export async function gradient(
  spec: ModelInput,
  weights: Float32Array,
  rows: ArrayLike<number>,
  targets: ArrayLike<number>,
  options: GradientOptions,
): Promise<Gradient> {
  checkOptions('gradient', options);
  const model = completeModel(spec);
  const samples = checkSizes(model, { weights, rows, targets }, options);
  const { shardSize, seed = 0, step = 0, begin = 0 } = options;
  const plan = (f32: Float32Array, u32: Uint32Array) => {
    const arena = createArena(64);
    const weightsAt = arena.allocate(weights.length * 4);
    const slot = arena.allocate(weights.length * 4);
    const sums = arena.allocate(SUMS_BYTES);
    const sizes = { shardSize, samplesMax: samples, evaluationShardSize: 1, seed };
    const computer = placeNodeComputer(model, { arena, ...sizes, f32, u32 });
    return { computer, weightsAt, slot, sums, bytes: arena.end };
  };
  const memory = allocate(plan(new Float32Array(0), new Uint32Array(0)).bytes);
  const [f32, u32] = [new Float32Array(memory.buffer), new Uint32Array(memory.buffer)];
  const { computer, weightsAt, slot, sums } = plan(f32, u32);
  f32.set(weights, weightsAt >>> 2);
  const fill = loader(model, { rows, targets, weights: options.weights }, { f32, u32 });
  const load = (network: Network, from: number, to: number) => fill(network, from - begin, to - begin);
  const kernels = instantiateKernels(await loadKernels(), memory);
  const weighted = options.weights !== undefined;
  const skipZeros = allFinite(weights, weights.length, 0) === 1;
  const node = { begin, end: begin + samples, shardSize, step, weighted, skipZeros, load };
  computer.gradient(kernels, weightsAt, node, slot, sums);
  return {
    gradient: f32.slice(slot >>> 2, (slot >>> 2) + weights.length),
    lossSum: f32[sums >>> 2]!,
    correct: u32[(sums >>> 2) + 1]!,
    samples,
  };
}

function allocate(bytes: number) {
  try {
    return createMemory(bytes);
  } catch (cause) {
    throw new UserError(
      'MODEL_TOO_LARGE',
      `gradient: this takes ${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB of memory in one piece, which the engine ` +
        'does not give. Use smaller layers or a smaller shardSize.',
      { cause },
    );
  }
}

interface Samples {
  readonly rows: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly weights: ArrayLike<number> | undefined;
}

function loader(
  { inputSize, loss }: ModelSpec,
  { rows, targets, weights }: Samples,
  { f32, u32 }: { f32: Float32Array; u32: Uint32Array },
) {
  const ld = leadingDimension(inputSize);
  const classes = lossKinds[loss].targets === 'classes';
  return (network: Network, begin: number, end: number): void => {
    const { inputRows, targets: targetsAt, sampleWeights, outputs } = network;
    const width = classes ? 1 : outputs.width;
    const words = classes ? u32 : f32;
    for (let sample = begin; sample < end; sample++) {
      const at = sample - begin;
      for (let i = 0; i < inputSize; i++)
        f32[(inputRows >>> 2) + at * ld + i] = rows[sample * inputSize + i]!;
      for (let i = 0; i < width; i++)
        words[(targetsAt >>> 2) + at * width + i] = targets[sample * width + i]!;
      if (weights !== undefined) f32[(sampleWeights >>> 2) + at] = weights[sample]!;
    }
  };
}

/** The number of samples, if everything fits together. */
function checkSizes(
  model: ModelSpec,
  { weights, rows, targets }: Omit<Samples, 'weights'> & { weights: Float32Array },
  { shardSize, begin = 0, weights: sampleWeights }: GradientOptions,
): number {
  const { inputSize, loss } = model;
  const classes = lossKinds[loss].targets === 'classes';
  const width = classes ? 1 : outputSize(model);
  const samples = rows.length / inputSize;
  const parameters = parameterCount(model);
  const require = (holds: boolean, sentence: string) => {
    if (!holds) throw new UserError('CONFIG_INVALID', `gradient: ${sentence}.`);
  };
  require(weights.length ===
    parameters, `there are ${weights.length} weights, but the network has ${parameters}`);
  require(Number.isInteger(samples) &&
    samples >
      0, `${rows.length} values are no rows of ${inputSize}; give a whole number of rows, one at least`);
  require(targets.length ===
    samples * width, `there are ${targets.length} targets for ${samples} samples; give ${width} for each`);
  require(Number.isInteger(shardSize), 'shardSize is missing; give a whole number above 0');
  require(begin % shardSize ===
    0, `begin is ${begin}, where no shard of ${shardSize} begins; give a multiple of it`);
  require(sampleWeights === undefined ||
    sampleWeights.length ===
      samples, `there are ${sampleWeights?.length} weights of samples for ${samples} samples`);
  if (classes) {
    const bad = Array.from(targets).findIndex(
      (label) => !(Number.isInteger(label) && label >= 0 && label < outputSize(model)),
    );
    require(bad <
      0, `the target of sample ${bad} is ${targets[bad]}, which is none of the ${outputSize(model)} classes`);
  }
  return samples;
}
