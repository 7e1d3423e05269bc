import fc from 'fast-check';
import { describe, it } from 'vitest';
import { dataSeed, flavour, forAll, lengths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import { createPair } from './pair.ts';

interface Slice {
  length: number;
  seed: number;
  flavour: Flavour;
}

const slices = fc.record<Slice>({ length: lengths, seed: dataSeed, flavour });
const rates = fc.constantFrom(0.01, 1, 0, 1e-30, 3.5);
const fractions = fc.constantFrom(0, 0.9, 0.999, 1e-3);
const epsilons = fc.constantFrom(1e-8, 1e-7, 0, 1e-40);
const pair = createPair(1 << 20);

/** Where squares of gradients are kept; a negative one never occurs and its root would be NaN. */
const squares = (slice: Slice) => floats(slice.length, slice.seed + 3, slice.flavour).map(Math.abs);

describe('sgd', () => {
  it('has the bits of the twin and touches no byte outside its slice', () => {
    const cases = fc.tuple(slices, rates, fractions, fc.constantFrom(0, 1), fractions);
    forAll(cases, 400, ([slice, rate, momentum, nesterov, decay]) => {
      const { length, seed, flavour } = slice;
      pair.check(seed, (arena) => {
        const g = arena.input(floats(length, seed, flavour));
        const w = arena.input(floats(length, seed + 1, flavour));
        const wNext = arena.output('wNext', length);
        // Without momentum the velocity is neither read nor written.
        const v =
          momentum === 0
            ? arena.input(new Float32Array(length).fill(NaN))
            : arena.input(floats(length, seed + 2, flavour));
        const vNext = momentum === 0 ? arena.input(new Float32Array(length)) : arena.output('vNext', length);
        return (kernels) => kernels.sgd(g, w, wNext, v, vNext, length, rate, momentum, nesterov, decay);
      });
    });
  });
});

describe('adam', () => {
  it('has the bits of the twin and touches no byte outside its slice', () => {
    const scalars = fc.record({
      stepSize: rates,
      root: fc.constantFrom(0.0316, 0.5, 1),
      epsilon: epsilons,
      decay: fractions,
      shrink: fc.constantFrom(1, 0.999, 0),
      beta1: fractions,
      beta2: fractions,
    });
    forAll(fc.tuple(slices, scalars), 400, ([slice, s]) => {
      const { length, seed, flavour } = slice;
      pair.check(seed, (arena) => {
        const g = arena.input(floats(length, seed, flavour));
        const w = arena.input(floats(length, seed + 1, flavour));
        const wNext = arena.output('wNext', length);
        const m = arena.input(floats(length, seed + 2, flavour));
        const mNext = arena.output('mNext', length);
        const v = arena.input(squares(slice));
        const vNext = arena.output('vNext', length);
        return (kernels) =>
          kernels.adam(
            g,
            w,
            wNext,
            m,
            mNext,
            v,
            vNext,
            length,
            s.beta1,
            1 - s.beta1,
            s.beta2,
            1 - s.beta2,
            s.stepSize,
            s.root,
            s.epsilon,
            s.decay,
            s.shrink,
          );
      });
    });
  });
});

describe('scaledByRootMeanSquare', () => {
  it('has the bits of the twin and touches no byte outside its slice', () => {
    const scalars = fc.record({
      rate: rates,
      keepAndAdd: fc.constantFrom([1, 1] as const, [0.99, 0.01] as const, [0, 1] as const),
      epsilon: epsilons,
      decay: fractions,
    });
    forAll(fc.tuple(slices, scalars), 400, ([slice, { rate, keepAndAdd, epsilon, decay }]) => {
      const { length, seed, flavour } = slice;
      pair.check(seed, (arena) => {
        const g = arena.input(floats(length, seed, flavour));
        const w = arena.input(floats(length, seed + 1, flavour));
        const wNext = arena.output('wNext', length);
        const s = arena.input(squares(slice));
        const sNext = arena.output('sNext', length);
        const [keep, add] = keepAndAdd;
        return (kernels) =>
          kernels.scaledByRootMeanSquare(g, w, wNext, s, sNext, length, rate, keep, add, epsilon, decay);
      });
    });
  });
});

describe('an update in slices', () => {
  it('has the bits of one update of the whole, wherever it is cut', () => {
    const length = 301;
    forAll(
      fc.tuple(fc.array(fc.integer({ min: 0, max: length }), { maxLength: 6 }), dataSeed),
      40,
      ([cuts, seed]) => {
        pair.check(seed, (arena) => {
          const g = arena.input(floats(length, seed, 'wide'));
          const w = arena.input(floats(length, seed + 1, 'wide'));
          const wNext = arena.output('wNext', length);
          const v = arena.input(floats(length, seed + 2, 'wide'));
          const vNext = arena.output('vNext', length);
          const bounds = [0, ...cuts.sort((a, b) => a - b), length];
          return (kernels) => {
            // The module takes the slices, the twin the whole.
            const parts = kernels === pair.module ? bounds : [0, length];
            parts.forEach((start, i) => {
              const at = start * 4;
              const floatsOfSlice = (parts[i + 1] ?? start) - start;
              kernels.sgd(g + at, w + at, wNext + at, v + at, vNext + at, floatsOfSlice, 0.1, 0.9, 1, 1e-3);
            });
          };
        });
      },
    );
  });
});
