import { createMemory } from '@hivegrad/shared/kernels/wasm';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import { SUM_STACK_BYTES } from '@hivegrad/shared/optim/update';
import { describe, expect, it } from 'vitest';
import { loadKernels } from './kernels-file.ts';
import type { TrainingSpec } from './layout.ts';
import { planLayout } from './layout.ts';
import type { Shared } from './shared.ts';
import { openSlots } from './slots.ts';
import { addUp } from './sums.ts';

const f = Math.fround;
const shards = 1023;
const spec: TrainingSpec = {
  model: {
    inputSize: 60,
    layers: [
      { type: 'dense', units: 70, activation: 'relu', bias: 'unit', initializer: 'heNormal' },
      { type: 'dense', units: 3, activation: 'identity', bias: 'unit', initializer: 'glorotNormal' },
    ],
    loss: 'softmaxCrossEntropy',
  },
  optimizer: { type: 'sgd', learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 },
  schedule: constantRate,
  clipping: noClipping,
  batchSize: shards,
  shardSize: 1,
  seed: 1,
};
const layout = planLayout(spec, 1, shards, { rounds: { nodesMax: 11, sparesMax: 0 } });
const { parameters } = layout;
const module = await loadKernels();

/** Ten nodes whose levels fall from left to right, so that ten sums wait at once: more than large blocks have room for. */
const falling = Array.from({ length: 10 }, (_, slot) => {
  const level = 9 - slot;
  return { node: { level, index: 2 ** (slot + 1) - 2 }, slot, lossSum: 0, correct: 0 };
});
const value = (slot: number, i: number) => f(Math.sin(slot * 5000 + i));
const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer);
const summed = Float32Array.from({ length: parameters }, (_, i) => {
  let sum = value(9, i);
  for (let slot = 8; slot >= 0; slot--) sum = f(value(slot, i) + sum);
  return sum;
});

function open(engine: 'simd' | 'plain') {
  const memory = createMemory(layout.bytes);
  const slots = openSlots({ memory, layout, engine, module } as Shared, layout.round!);
  for (const { slot } of falling) {
    const values = Float32Array.from({ length: parameters }, (_, i) => value(slot, i));
    expect(slots.write(slot, bytesOf(values))).toBe(true);
  }
  return { slots, memory };
}
const orderOf = (parts: typeof falling, level: number) => addUp(parts, { level, index: 0 }, shards)!.order;

describe.each(['simd', 'plain'] as const)('slots of the %s engine', (engine) => {
  const deep = orderOf(falling, 10);
  const whole = orderOf([{ node: { level: 10, index: 0 }, slot: 10, lossSum: 0, correct: 0 }], 10);

  it('compare a deep sum with a flat one, to each side, and see any bit', () => {
    const { slots } = open(engine);
    expect(deep.depth).toBe(10);
    slots.write(10, bytesOf(summed));
    expect([slots.areEqual(deep, whole), slots.areEqual(whole, deep)]).toEqual([true, true]);
    for (const at of [0, 511, 512, 2047, 2048, parameters - 1]) {
      const lie = summed.slice();
      new Uint32Array(lie.buffer)[at]! ^= 1;
      slots.write(10, bytesOf(lie));
      expect([slots.areEqual(deep, whole), slots.areEqual(whole, deep)]).toEqual([false, false]);
    }
  });

  it('see in every block whether a sum is finite though its parts are', () => {
    const { slots } = open(engine);
    expect([slots.isFinite(deep), slots.isFinite(orderOf(falling.slice(0, 1), 9))]).toEqual([true, true]);
    for (const at of [0, 511, 512, 2048, parameters - 1]) {
      for (const slot of [3, 4]) {
        const values = Float32Array.from({ length: parameters }, (_, i) =>
          i === at ? 3e38 : value(slot, i),
        );
        expect(slots.write(slot, bytesOf(values))).toBe(true);
      }
      expect(slots.isFinite(deep)).toBe(false);
    }
  });

  it('change nothing but the stacks when they compare', () => {
    const { slots, memory } = open(engine);
    slots.write(10, bytesOf(summed));
    const before = new Uint8Array(memory.buffer).slice();
    slots.areEqual(deep, whole);
    slots.areEqual(whole, deep);
    slots.isFinite(deep);
    const after = new Uint8Array(memory.buffer).slice();
    for (const stack of layout.round!.stacks) {
      for (const bytes of [before, after]) bytes.fill(0, stack, stack + SUM_STACK_BYTES);
    }
    expect(Buffer.from(after).equals(before)).toBe(true);
  });
});
