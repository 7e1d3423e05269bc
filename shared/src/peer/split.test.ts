import { describe, expect, it } from 'vitest';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { denseSpec } from '../model/model.test.support.ts';
import { parameterCount } from '../model/parameters.ts';
import type { ModelSpec } from '../model/spec.ts';
import { bitsOfFloat } from '../protocol/codec.ts';
import { openComputeThread } from './compute.ts';
import type { ComputeRun, ComputeTask, Outcome } from './ports.ts';
import { addPieces, splitTask } from './split.ts';

const model: ModelSpec = {
  inputSize: 3,
  layers: [denseSpec(5, { activation: 'tanh' }), denseSpec(2, { activation: 'identity' })],
  loss: 'softmaxCrossEntropy',
};
/** 11 shards: a tree with a node of one child on three levels. */
const run: ComputeRun = {
  model,
  seed: 3,
  samples: 500,
  batchSize: 42,
  shardSize: 4,
  epochs: 1,
  parameters: parameterCount(model),
  features: { kind: 'f32', width: 3 },
  targets: { kind: 'classes', classes: 2 },
  weighted: true,
};
const wave = (count: number, speed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * speed));
const bytesOf = (array: { readonly buffer: ArrayBuffer }) => new Uint8Array(array.buffer);

function taskOf(level: number, index: number, weightOf = (i: number) => Math.abs(Math.sin(i))): ComputeTask {
  const span = run.shardSize << level;
  const begin = index * span;
  const end = Math.min(begin + span, run.batchSize);
  const numbers = Array.from({ length: end - begin }, (_, i) => begin + i);
  return {
    node: { step: 2, level, index },
    version: 2,
    begin,
    end,
    rows: {
      features: bytesOf(wave(end * 3, 0.7).slice(begin * 3)),
      targets: bytesOf(Uint32Array.from(numbers, (i) => (i * 7) % 2)),
      weights: bytesOf(Float32Array.from(numbers, weightOf)),
    },
  };
}

function compute(task: ComputeTask): Exclude<Outcome, { kind: 'aborted' }> {
  const thread = openComputeThread(run, {
    kernels: ({ buffer }) => createReferenceKernels(buffer),
    nowMs: () => 0,
  });
  thread.setWeights(2, bytesOf(wave(run.parameters, 0.9)), undefined);
  return thread.compute(task) as Exclude<Outcome, { kind: 'aborted' }>;
}

describe('splitTask', () => {
  it.each([
    [1, [[4, 0, 0, 42]]],
    [
      2,
      [
        [3, 0, 0, 32],
        [3, 1, 32, 42],
      ],
    ],
    [
      3,
      [
        [2, 0, 0, 16],
        [2, 1, 16, 32],
        [2, 2, 32, 42],
      ],
    ],
  ])('cuts the root for %i threads in nodes of one level', (wanted, expected) => {
    const pieces = splitTask(run, taskOf(4, 0), wanted);
    expect(pieces.map(({ node, begin, end }) => [node.level, node.index, begin, end])).toEqual(expected);
  });

  it('gives a shard and a single thread the task itself', () => {
    const shard = taskOf(0, 3);
    expect(splitTask(run, shard, 8)[0]).toBe(shard);
    const root = taskOf(4, 0);
    expect(splitTask(run, root, 1)[0]).toBe(root);
  });

  it('keeps the names that pieces have in the tree', () => {
    const pieces = splitTask(run, taskOf(2, 2), 100);
    expect(pieces.map(({ node }) => [node.level, node.index])).toEqual([
      [0, 8],
      [0, 9],
      [0, 10],
    ]);
  });
});

describe('addPieces', () => {
  const nodes = [
    [4, 0],
    [3, 1],
    [2, 2],
    [1, 5],
    [0, 10],
  ] as const;
  it.each(nodes)('gives node %i/%i the bits that it has in one piece, however it is cut', (level, index) => {
    const whole = compute(taskOf(level, index));
    expect(whole.kind).toBe('result');
    for (const wanted of [2, 4, 5, 16]) {
      expect(addPieces(splitTask(run, taskOf(level, index), wanted).map(compute))).toEqual(whole);
    }
  });

  it('says of a sum that is not finite that it is not, where a piece is not and where only the sum is', () => {
    const infinite = taskOf(2, 0, (i) => (i === 13 ? Number.POSITIVE_INFINITY : 1));
    expect(addPieces(splitTask(run, infinite, 4).map(compute)).kind).toBe('notFinite');
    const large = {
      kind: 'result',
      lossBits: bitsOfFloat(2 ** 127),
      correct: 1,
      computeUs: 5,
      gradient: new Uint8Array(4),
    } as const;
    expect(addPieces([large, { ...large, gradient: new Uint8Array(4) }])).toEqual({
      kind: 'notFinite',
      computeUs: 10,
    });
  });
});
