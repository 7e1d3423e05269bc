/** A small network in one memory with the plain kernels, for tests of what runs networks. */

import { createArena } from '../kernels/arena.ts';
import { leadingDimension } from '../kernels/kernels.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import type { NodeComputer, NodeSamples } from './node.ts';
import { placeNodeComputer } from './node.ts';
import { parameterCount } from './parameters.ts';
import type { DenseSpec, ModelSpec } from './spec.ts';

export function denseSpec(units: number, options: Partial<DenseSpec> = {}): DenseSpec {
  return {
    type: 'dense',
    units,
    activation: 'tanh',
    bias: 'unit',
    initializer: 'glorotUniform',
    ...options,
  };
}

export interface NodeBench {
  readonly computer: NodeComputer;
  /** Bytes that network, weights and results take of the memory. */
  readonly bytes: number;
  /** Gradient and { loss, correct } of the samples [begin, end), as bits. */
  gradient(begin: number, end: number, shardSize: number): { gradient: Uint32Array; sums: Uint32Array };
  /** { loss, correct } of the samples [begin, end), as bits. */
  evaluate(begin: number, end: number, shardSize: number): Uint32Array;
  /** The spans [begin, end) that were loaded since the last call. */
  loads(): [number, number][];
}

/**
 * A node computer for a network with class targets, planned for nodes of `samplesMax` samples. Sample i is a
 * fixed function of i.
 */
export function nodeBench(
  model: ModelSpec,
  options: { shardSize: number; samplesMax: number; evaluationShardSize?: number },
): NodeBench {
  const { shardSize, samplesMax, evaluationShardSize = 1 } = options;
  const parameters = parameterCount(model);
  const buffer = new ArrayBuffer(1 << 23);
  const [f32, u32] = [new Float32Array(buffer), new Uint32Array(buffer)];
  const kernels = createReferenceKernels(buffer);
  const arena = createArena(64);
  const [weights, slot, sums] = [
    arena.allocate(parameters * 4),
    arena.allocate(parameters * 4),
    arena.allocate(8),
  ];
  const computer = placeNodeComputer(model, { arena, shardSize, samplesMax, evaluationShardSize, f32, u32 });
  if (arena.end > buffer.byteLength) throw new Error('the bench has too little memory');
  for (let i = 0; i < parameters; i++) f32[(weights >> 2) + i] = wave(i, 0.7);
  const { inputSize } = model;
  const classes = computer.network.outputs.width;
  let loads: [number, number][] = [];
  const load: NodeSamples['load'] = (network, begin, end) => {
    loads.push([begin, end]);
    for (let sample = begin; sample < end; sample++) {
      const row = (network.inputRows >> 2) + (sample - begin) * leadingDimension(inputSize);
      for (let i = 0; i < inputSize; i++) f32[row + i] = wave(sample * inputSize + i, 1.5);
      u32[(network.targets >> 2) + sample - begin] = (sample * 7) % classes;
    }
  };
  const words = (address: number, length: number) => u32.slice(address >> 2, (address >> 2) + length);

  return {
    computer,
    bytes: arena.end,
    gradient(begin, end, shardSize) {
      u32.fill(0x7fc00000, slot >> 2, (slot >> 2) + parameters);
      computer.gradient(kernels, weights, { begin, end, shardSize, load }, slot, sums);
      return { gradient: words(slot, parameters), sums: words(sums, 2) };
    },
    evaluate(begin, end, shardSize) {
      computer.evaluate(kernels, weights, { begin, end, shardSize, load }, sums);
      return words(sums, 2);
    },
    loads() {
      const all = loads;
      loads = [];
      return all;
    },
  };
}

/** Numbers between -limit and limit without a pattern that sums could hide behind. */
function wave(i: number, limit: number): number {
  return Math.sin(i * i * 0.37 + i) * limit;
}
