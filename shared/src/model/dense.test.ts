import { describe, expect, it } from 'vitest';
import { createArena } from '../kernels/arena.ts';
import { leadingDimension } from '../kernels/kernels.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { denseSpec } from './model.test.support.ts';
import { placeNodeComputer } from './node.ts';
import { parameterCount } from './parameters.ts';
import type { ModelSpec } from './spec.ts';

/** Whether the first layer of a network worked with a list of windows, forward and backward. */
function skips(inputSize: number, options: { zeros: number; skipZeros?: boolean; hidden?: boolean }) {
  const layers = [denseSpec(6), ...(options.hidden === true ? [denseSpec(70)] : []), denseSpec(3)];
  const model: ModelSpec = { inputSize, layers, loss: 'softmaxCrossEntropy' };
  const buffer = new ArrayBuffer(1 << 22);
  const [f32, u32] = [new Float32Array(buffer), new Uint32Array(buffer)];
  const twin = createReferenceKernels(buffer);
  const lists = { forward: [] as boolean[], backward: [] as boolean[] };
  const kernels: typeof twin = {
    ...twin,
    denseForwardRows(...args) {
      lists.forward.push(args[5] !== 0);
      twin.denseForwardRows(...args);
    },
    denseWeightGradient(...args) {
      lists.backward.push(args[3] !== 0);
      twin.denseWeightGradient(...args);
    },
  };
  const arena = createArena(64);
  const [weights, slot, sums] = [0, 0, 0].map(() => arena.allocate(parameterCount(model) * 4));
  const computer = placeNodeComputer(model, {
    arena,
    shardSize: 2,
    samplesMax: 4,
    evaluationShardSize: 1,
    f32,
    u32,
  });
  const node = {
    begin: 0,
    end: 4,
    shardSize: 2,
    load: () => {
      const rows = computer.network.inputRows >> 2;
      for (let i = options.zeros; i < inputSize; i++) f32[rows + leadingDimension(inputSize) + i] = 1;
    },
    ...(options.skipZeros !== undefined && { skipZeros: options.skipZeros }),
  };
  computer.gradient(kernels, weights!, node, slot!, sums!);
  return lists;
}

describe('a dense layer on the input of a network', () => {
  it('leaves columns of zeros out, forward and backward, where it is told that it may', () => {
    expect(skips(80, { zeros: 20, skipZeros: true })).toEqual({ forward: [true], backward: [false, true] });
    expect(skips(80, { zeros: 20, skipZeros: false })).toEqual({
      forward: [false],
      backward: [false, false],
    });
    expect(skips(80, { zeros: 20 })).toEqual({ forward: [false], backward: [false, false] });
  });

  it('takes all columns where few of them are zero, or where there are few', () => {
    expect(skips(80, { zeros: 3, skipZeros: true }).forward).toEqual([false]);
    expect(skips(63, { zeros: 60, skipZeros: true }).forward).toEqual([false]);
  });

  it('does not look at other layers', () => {
    const { forward, backward } = skips(80, { zeros: 20, skipZeros: true, hidden: true });
    expect(forward).toEqual([true]);
    expect(backward).toEqual([false, false, true]);
  });
});
