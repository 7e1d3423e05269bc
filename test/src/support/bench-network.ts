/** A network in one thread, without pool or data set: gradients and steps on arrays, for tests of the numerics. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createArena } from '@hivegrad/shared/kernels/arena';
import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { leadingDimension } from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import {
  compileKernels,
  createMemory,
  instantiateKernels,
  type KernelModule,
} from '@hivegrad/shared/kernels/wasm';
import type { Network } from '@hivegrad/shared/model/network';
import { placeNodeComputer } from '@hivegrad/shared/model/node';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { squaresBlocks } from '@hivegrad/shared/optim/clipping';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import type { ClippingSpec, OptimizerSpec, ScheduleSpec } from '@hivegrad/shared/optim/spec';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import { sliceUpdater, UPDATE_SCRATCH_BYTES } from '@hivegrad/shared/optim/update';

export const engines = ['simd', 'plain'] as const;
export type Engine = (typeof engines)[number];

const kernelsPath = createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm');
export const kernelModule = compileKernels(readFileSync(kernelsPath));

export interface Samples {
  readonly x: readonly (readonly number[])[];
  /** Class indices, or rows of values. */
  readonly y: readonly number[] | readonly (readonly number[])[];
  /** By which losses and derivatives are multiplied. */
  readonly weights?: readonly number[];
}

export interface Gradient {
  readonly gradient: Float32Array;
  readonly loss: number;
  readonly correct: number;
  /** [samples][outputs] */
  readonly outputs: number[][];
}

export interface BenchNetwork {
  weights: Float32Array;
  /** Sums over the samples, along the tree over shards of `shardSize`. */
  gradient(samples: Samples, shardSize: number): Gradient;
  /** One step on the mean gradient; answers the mean loss before it. */
  step(samples: Samples, shardSize: number): number;
}

export function benchNetwork(
  engine: Engine,
  model: ModelSpec,
  options: {
    optimizer?: OptimizerSpec;
    schedule?: ScheduleSpec;
    clipping?: ClippingSpec;
    seed?: number;
    samplesMax: number;
    shardSize: number;
    /** Another module for `simd`, and its tile. */
    loaded?: { readonly module: KernelModule; readonly wide: boolean };
  },
): BenchNetwork {
  const { samplesMax, shardSize: shardSizePlanned, seed = 0 } = options;
  const { module, wide } = options.loaded ?? { module: kernelModule, wide: false };
  const { optimizer: optimizerSpec = plainSgd, schedule = constantRate, clipping = noClipping } = options;
  const optimizer = optimizerOf(optimizerSpec);
  const parameters = parameterCount(model);
  const memory = createMemory(64 * 2 ** 20);
  const kernels: Kernels =
    engine === 'simd' ? instantiateKernels(module, memory, { wide }) : createReferenceKernels(memory.buffer);
  const f32 = new Float32Array(memory.buffer);
  const u32 = new Uint32Array(memory.buffer);
  const arena = createArena(64);
  const vector = () => arena.allocate(parameters * 4);
  const version = () => ({ weights: vector(), state: optimizer.state.map(vector) });
  const versions = [version(), version()] as const;
  const slot = vector();
  const sums = arena.allocate(8);
  const scratch = arena.allocate(UPDATE_SCRATCH_BYTES);
  const squares = arena.allocate(squaresBlocks(parameters) * 8);
  const computer = placeNodeComputer(model, {
    arena,
    shardSize: shardSizePlanned,
    samplesMax,
    evaluationShardSize: 8,
    f32,
    u32,
    seed,
  });
  const updater = sliceUpdater(
    kernels,
    { optimizer: optimizerSpec, schedule, clipping },
    { versions, scratch, squares, buffer: memory.buffer, parameters },
  );
  let steps = 0;

  const load =
    ({ x, y, weights }: Samples) =>
    (network: Network, begin: number, end: number) => {
      const ld = leadingDimension(model.inputSize);
      for (let i = begin; i < end; i++) {
        f32.set(x[i]!, (network.inputRows >> 2) + (i - begin) * ld);
        if (weights !== undefined) f32[(network.sampleWeights >> 2) + i - begin] = weights[i]!;
        const target = y[i]!;
        if (typeof target === 'number') u32[(network.targets >> 2) + i - begin] = target;
        else f32.set(target, (network.targets >> 2) + (i - begin) * target.length);
      }
    };
  const compute = (samples: Samples, shardSize: number) => {
    const weighted = samples.weights !== undefined;
    const node = { begin: 0, end: samples.x.length, shardSize, load: load(samples), step: steps, weighted };
    computer.gradient(kernels, current().weights, node, slot, sums);
  };
  const current = () => versions[(steps & 1) as 0 | 1];
  const view = (address: number) => f32.subarray(address >> 2, (address >> 2) + parameters);

  return {
    get weights() {
      return view(current().weights).slice();
    },
    set weights(values: Float32Array) {
      view(current().weights).set(values);
    },
    gradient(samples, shardSize) {
      compute(samples, shardSize);
      const { outputs } = computer.network;
      const count = samples.x.length;
      const rows = Array.from({ length: count }, (_, s) =>
        Array.from(
          { length: outputs.width },
          (_, i) => f32[(outputs.panels >> 2) + ((s >> 3) * outputs.width + i) * 8 + (s & 7)]!,
        ),
      );
      return {
        gradient: view(slot).slice(),
        loss: f32[sums >> 2]!,
        correct: u32[(sums >> 2) + 1]!,
        outputs: rows,
      };
    },
    step(samples, shardSize) {
      compute(samples, shardSize);
      const count = samples.x.length;
      const slots = { base: slot, stride: 0, nodes: 1, samples: count };
      const slice = { step: steps, begin: 0, end: parameters, slots };
      if (updater.needsSquares) updater.sumSquares(slice);
      const finite = updater.update(slice);
      if (!finite) throw new Error(`step ${steps} is not finite`);
      steps++;
      return f32[sums >> 2]! / count;
    },
  };
}

const plainSgd: OptimizerSpec = {
  type: 'sgd',
  learningRate: 0.01,
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
};
