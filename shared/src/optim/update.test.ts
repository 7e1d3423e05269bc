import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { createArena } from '../kernels/arena.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { optimizerOf } from './optimizers.ts';
import type { OptimizerSpec } from './spec.ts';
import { constantRate, noClipping } from './spec.ts';
import { sliceUpdater, UPDATE_SCRATCH_BYTES } from './update.ts';

const adam: OptimizerSpec = {
  type: 'adam',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
};
const sgd: OptimizerSpec = { type: 'sgd', learningRate: 0.5, momentum: 0, nesterov: false, weightDecay: 0 };
const rmsprop: OptimizerSpec = {
  type: 'rmsprop',
  learningRate: 0.01,
  decay: 0.99,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** More than two blocks of the cache, and a rest. */
const PARAMETERS = 5003;
const NODES = 3;

const digestOf = (vectors: readonly Uint32Array[]) =>
  vectors.map((words) => bytesToHex(sha256(new Uint8Array(words.buffer)))).join();

/** Versions t and t + 1 and the slots of a step, with NaN where nothing has been written. */
function bench(spec: OptimizerSpec) {
  const buffer = new ArrayBuffer(1 << 20);
  const f32 = new Float32Array(buffer).fill(Number.NaN);
  const kernels = createReferenceKernels(buffer);
  const optimizer = optimizerOf(spec);
  const arena = createArena(64);
  const stride = Math.ceil((PARAMETERS * 4 + 64) / 64) * 64;
  const vector = () => arena.allocate(PARAMETERS * 4);
  const version = () => ({ weights: vector(), state: optimizer.state.map(vector) });
  const [from, to] = [version(), version()];
  const base = arena.allocate(NODES * stride);
  const scratch = arena.allocate(UPDATE_SCRATCH_BYTES);
  const fill = (address: number, value: (i: number) => number) => {
    for (let i = 0; i < PARAMETERS; i++) f32[(address >> 2) + i] = value(i);
  };
  fill(from.weights, (i) => Math.sin(i));
  for (const [n, state] of from.state.entries()) fill(state, (i) => Math.abs(Math.cos(i + n)) / 10);
  for (let node = 0; node < NODES; node++) fill(base + node * stride, (i) => Math.sin(i * i + node) * 7);
  const vectors = ({ weights, state }: typeof from) =>
    [weights, ...state].map((address) => new Uint32Array(buffer.slice(address, address + PARAMETERS * 4)));
  const rule = { optimizer: spec, schedule: constantRate, clipping: noClipping };
  const memory = { versions: [from, to] as const, scratch, squares: 0, buffer, parameters: PARAMETERS };
  const updater = sliceUpdater(kernels, rule, memory);
  return {
    update: (begin: number, end: number) =>
      updater.update({ step: 4, begin, end, slots: { base, stride, nodes: NODES, samples: 70 } }),
    setWeight: (i: number, value: number) => {
      f32[(from.weights >> 2) + i] = value;
    },
    setGradient: (node: number, i: number, value: number) => {
      f32[((base + node * stride) >> 2) + i] = value;
    },
    before: () => vectors(from),
    after: () => vectors(to),
  };
}

describe('sliceUpdater', () => {
  it('gives the same bits for any slicing, in any order, and when a slice is done twice', () => {
    const whole = bench(adam);
    expect(whole.update(0, PARAMETERS)).toBe(true);
    for (const cuts of [
      [0, 16, 2048, 2064, PARAMETERS],
      [0, 1, 2, 7, 2047, 2049, 4999, PARAMETERS],
      [0, 1250, 2501, 3752, PARAMETERS],
    ]) {
      const slices = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
      for (const order of [slices, slices.toReversed(), [...slices, ...slices]]) {
        const sliced = bench(adam);
        for (const [begin, end] of order) expect(sliced.update(begin, end)).toBe(true);
        expect(digestOf(sliced.after())).toBe(digestOf(whole.after()));
      }
    }
  });

  it('reads the old version only', () => {
    const { update, before } = bench(adam);
    const untouched = before();
    update(0, PARAMETERS);
    expect(before()).toEqual(untouched);
  });

  it('writes nothing outside its slice, and nothing at all for an empty one', () => {
    const { update, after } = bench(adam);
    const untouched = after();
    expect(update(7, 7)).toBe(true);
    expect(after()).toEqual(untouched);
    update(2050, 2053);
    for (const [n, vector] of after().entries()) {
      const written = [...vector.keys()].filter((i) => vector[i] !== untouched[n]![i]);
      expect(written).toEqual([2050, 2051, 2052]);
    }
  });

  it('divides the sum along the tree by the samples, once', () => {
    const { update, before, after } = bench(sgd);
    update(0, PARAMETERS);
    const f = Math.fround;
    const floats = ([words]: Uint32Array[]) => new Float32Array(words!.buffer);
    const [old, ours] = [floats(before()), floats(after())];
    for (const i of [0, 1, 2047, 2048, 5002]) {
      const [a, b, c] = [0, 1, 2].map((node) => f(Math.sin(i * i + node) * 7)) as [number, number, number];
      const mean = f(f(f(a + b) + c) / 70);
      expect(ours[i]).toBe(f(old[i]! - f(0.5 * mean)));
    }
  });

  it.each([0, 2047, 2048, 4321, PARAMETERS - 1])(
    'reports a gradient or a weight that is not finite, and in which slice: parameter %i',
    (parameter) => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const spoilt of ['gradient', 'weight']) {
          const { update, setGradient, setWeight } = bench(sgd);
          if (spoilt === 'gradient') setGradient(1, parameter, value);
          else setWeight(parameter, value);
          expect(update(parameter, parameter + 1)).toBe(false);
          expect(update(0, PARAMETERS)).toBe(false);
          if (parameter > 0) expect(update(0, parameter)).toBe(true);
          if (parameter < PARAMETERS - 1) expect(update(parameter + 1, PARAMETERS)).toBe(true);
        }
      }
    },
  );

  it('reports a sum of finite gradients that overflows', () => {
    const { update, setGradient } = bench(sgd);
    setGradient(0, 9, 3e38);
    expect(update(0, 100)).toBe(true);
    setGradient(1, 9, 3e38);
    expect(update(0, 100)).toBe(false);
  });

  it('reports a step that overflows', () => {
    const { update, setGradient } = bench({ ...sgd, learningRate: 1e30 });
    setGradient(0, 9, 3e20);
    expect(update(0, 100)).toBe(false);
  });

  it.each([adam, { ...adam, type: 'adamw' as const }, rmsprop])(
    'reports a square that overflows in the state of $type although the weights stay finite',
    (spec) => {
      const { update, setGradient } = bench(spec);
      setGradient(0, 9, 1e20);
      expect(update(0, 100)).toBe(true);
      setGradient(0, 9, 1e23);
      expect(update(0, 100)).toBe(false);
    },
  );
});
