/** The update of a step: both engines, any slicing, the same bits, and the same verdict on what is not finite. */

import { createArena } from '@hivegrad/shared/kernels/arena';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { squaresBlocks } from '@hivegrad/shared/optim/clipping';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import type { ClippingSpec, OptimizerSpec } from '@hivegrad/shared/optim/spec';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import { SLICE_ALIGNMENT, sliceUpdater, UPDATE_SCRATCH_BYTES } from '@hivegrad/shared/optim/update';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../support/bench-network.ts';
import { digestOf } from '../support/datasets.ts';
import { dataSeed, forAll } from './cases.ts';
import { floats } from './data.ts';
import { loadKernelModule } from './pair.ts';

const optimizers: readonly OptimizerSpec[] = [
  { type: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
  { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  { type: 'adamw', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  { type: 'rmsprop', learningRate: 0.01, decay: 0.99, epsilon: 1e-8, weightDecay: 0 },
  { type: 'adagrad', learningRate: 0.1, epsilon: 1e-10, weightDecay: 0 },
];

const module = loadKernelModule();
const memories = { simd: createMemory(1 << 20), plain: createMemory(1 << 20) };
const kernelsOf = {
  simd: instantiateKernels(module, memories.simd),
  plain: createReferenceKernels(memories.plain.buffer),
};

interface Step {
  readonly spec: OptimizerSpec;
  readonly clipping: ClippingSpec;
  readonly seed: number;
  readonly parameters: number;
  readonly nodes: number;
  /** Makes one number of the step another one. */
  readonly spoilt?: { where: 'weights' | 'state' | 'gradient'; parameter: number; value: number };
}

/** Takes one step slice by slice and answers the new weights and state, or what the first bad slice was. */
function stepInSlices(engine: Engine, step: Step, slices: readonly (readonly [number, number])[]) {
  const { spec, clipping, seed, parameters, nodes, spoilt } = step;
  const f32 = new Float32Array(memories[engine].buffer).fill(Number.NaN);
  const optimizer = optimizerOf(spec);
  const arena = createArena(64);
  const vector = () => arena.allocate(parameters * 4);
  const version = () => ({ weights: vector(), state: optimizer.state.map(vector) });
  const [from, to] = [version(), version()];
  const stride = Math.ceil((parameters * 4 + 64) / 64) * 64;
  const base = arena.allocate(nodes * stride);
  const scratch = arena.allocate(UPDATE_SCRATCH_BYTES);
  const squares = arena.allocate(squaresBlocks(parameters) * 8);
  f32.set(floats(parameters, seed, 'plain'), from.weights >> 2);
  for (const [n, state] of from.state.entries()) {
    f32.set(floats(parameters, seed + 1 + n, 'plain').map(Math.abs), state >> 2);
  }
  for (let node = 0; node < nodes; node++) {
    f32.set(floats(parameters, seed + 10 + node, 'plain'), (base + node * stride) >> 2);
  }
  if (spoilt !== undefined) {
    const vectors = { weights: from.weights, state: from.state[0], gradient: base + (nodes - 1) * stride };
    f32[(vectors[spoilt.where]! >> 2) + spoilt.parameter] = spoilt.value;
  }
  // Step 11 reads the version of odd steps.
  const rule = { optimizer: spec, schedule: constantRate, clipping };
  const buffer = memories[engine].buffer;
  const updater = sliceUpdater(kernelsOf[engine], rule, {
    versions: [to, from],
    scratch,
    squares,
    buffer,
    parameters,
  });
  const slots = { base, stride, nodes, samples: 37 };
  const sliceSteps = slices.map(([begin, end]) => ({ step: 11, begin, end, slots }));
  if (updater.needsSquares) for (const slice of sliceSteps) updater.sumSquares(slice);
  const finite = sliceSteps.map((slice) => updater.update(slice));
  const digests = [to.weights, ...to.state].map((at) => digestOf(f32.slice(at >> 2, (at >> 2) + parameters)));
  return { finite, digests };
}

/** Cuts [0, parameters) in at most nine slices, at multiples of `alignment`, and lays them out in any order. */
const slicings = (parameters: number, alignment: number) =>
  fc
    .array(
      fc.integer({ min: 0, max: Math.floor(parameters / alignment) }).map((cut) => cut * alignment),
      { maxLength: 8 },
    )
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), parameters])
    .map((cuts) => cuts.slice(1).map((end, i) => [cuts[i]!, end] as const))
    .chain((slices) => fc.shuffledSubarray(slices, { minLength: slices.length }));

const cases = fc
  .record({
    spec: fc.constantFrom(...optimizers),
    clipping: fc.constantFrom<ClippingSpec[]>(
      noClipping,
      { type: 'value', limit: 0.25 },
      { type: 'norm', limit: 0.5 },
      { type: 'norm', limit: 1e30 },
    ),
    seed: dataSeed,
    parameters: fc.constantFrom(1, 3, 17, 255, 2047, 2048, 2049, 5003),
    nodes: fc.integer({ min: 1, max: 9 }),
  })
  .chain((step) => {
    const alignment = step.clipping.type === 'norm' ? SLICE_ALIGNMENT : 1;
    return fc.tuple(fc.constant(step), slicings(step.parameters, alignment));
  });

describe('an update', () => {
  it('gives the same bits on both engines and for any slices in any order', () => {
    forAll(cases, 150, ([step, slices]) => {
      const whole = stepInSlices('plain', step, [[0, step.parameters]]);
      expect(whole.finite).toEqual([true]);
      for (const engine of ['simd', 'plain'] as const) {
        const sliced = stepInSlices(engine, step, slices);
        expect(sliced.digests).toEqual(whole.digests);
        expect(sliced.finite.every(Boolean)).toBe(true);
      }
    });
  });

  it('is reported by exactly the slice in which a number is not finite', () => {
    const notFinite = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const spoilt = fc.record({
      where: fc.constantFrom('weights' as const, 'state' as const, 'gradient' as const),
      share: fc.double({ min: 0, max: 0.9999, noNaN: true }),
      value: notFinite,
    });
    // 1e38 is finite, its square is not.
    const large = spoilt.map(({ share }) => ({ where: 'gradient' as const, share, value: 1e38 }));
    forAll(fc.tuple(cases, fc.oneof(spoilt, large)), 150, ([[drawn, slices], { where, share, value }]) => {
      // Clipping would tame the large gradient, and its norm carry a bad one to every slice.
      const step = { ...drawn, clipping: noClipping };
      if (where === 'state' && optimizerOf(step.spec).state.length === 0) return;
      const parameter = Math.floor(share * step.parameters);
      const fine = value === 1e38 && step.spec.type === 'sgd';
      for (const engine of ['simd', 'plain'] as const) {
        const { finite } = stepInSlices(engine, { ...step, spoilt: { where, parameter, value } }, slices);
        expect(finite).toEqual(slices.map(([begin, end]) => fine || parameter < begin || parameter >= end));
      }
    });
  });
});
