import { elementaryIds } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { dataSeed, flavour, forAll } from './cases.ts';
import { bitPatterns, floats } from './data.ts';
import { createPair } from './pair.ts';

const FLOATS = 1 << 17;
const ROUNDS = 8;
/** Odd, and times 8 x 131,072 values a little less than 2^32: one pass through all exponents of both signs. */
const STRIDE = 4093;

const pair = createPair(2 << 20);

describe.each(Object.entries(elementaryIds))('%s through map', (_name, f) => {
  it('has the bits of the twin on a million values over the whole range of float32', () => {
    for (let round = 0; round < ROUNDS; round++) {
      pair.check(round, (arena) => {
        const source = arena.input(bitPatterns(FLOATS, round * FLOATS * STRIDE, STRIDE));
        const target = arena.output('target', FLOATS);
        return (kernels) => kernels.map(f, source, target, FLOATS);
      });
    }
  });

  it('has the bits of the twin on vectors of every flavour and touches nothing behind', () => {
    forAll(fc.tuple(fc.integer({ min: 0, max: 40 }), dataSeed, flavour), 100, ([vectors, seed, flavour]) => {
      pair.check(seed, (arena) => {
        const length = 4 * vectors;
        const source = arena.input(floats(length, seed, flavour).map((x) => x * (1 + (seed % 90))));
        const target = arena.output('target', length);
        return (kernels) => kernels.map(f, source, target, length);
      });
    });
  });
});
