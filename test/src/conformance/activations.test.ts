import { activationIds, biasModeIds } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { panelFloats } from './arena.ts';
import { dataSeed, flavour, forAll } from './cases.ts';
import { bitPatterns, floats } from './data.ts';
import { createPair } from './pair.ts';

const names = Object.keys(activationIds) as (keyof typeof activationIds)[];
const FLOATS = 1 << 16;
/** An odd stride through all 2^32 patterns: 4 x 65,536 of them, spread evenly. */
const STRIDE = 16_381;
const ROUNDS = 4;
/** What denseForward says it needs. */
const SCRATCH = 256 * 240 + 160;

const pair = createPair(4 << 20);

describe.each(names)('%s', (name) => {
  const activation = activationIds[name];

  it('has the bits of the twin over the whole range of float32', () => {
    // One input with the weight 1 makes z = +0 + 1 * x, which is x but for -0.
    for (let round = 0; round < ROUNDS; round++) {
      pair.check(round, (arena) => {
        const weights = arena.input(Float32Array.of(1));
        const input = arena.input(bitPatterns(FLOATS, round * FLOATS * STRIDE, STRIDE));
        const z = arena.output('z', FLOATS);
        const output = arena.output('output', FLOATS);
        const scratch = arena.scratch(SCRATCH);
        const { none } = biasModeIds;
        return (kernels) =>
          kernels.denseForward(weights, 0, none, input, z, output, FLOATS, 1, 1, activation, scratch);
      });
    }
  });

  it('has a derivative with the bits of the twin over the whole range of float32', () => {
    for (let round = 0; round < ROUNDS; round++) {
      pair.check(round, (arena) => {
        const z = arena.input(bitPatterns(FLOATS, round * FLOATS * STRIDE + 7, STRIDE));
        const output = arena.input(bitPatterns(FLOATS, round * FLOATS * STRIDE + 11, STRIDE));
        const d = arena.inout('d', floats(FLOATS, round + 1, 'plain'));
        return (kernels) => kernels.activationBackward(activation, z, output, d, FLOATS);
      });
    }
  });

  it('has the bits of the twin over panels alone, in place and elsewhere', () => {
    const cases = fc.record({ vectors: fc.integer({ min: 0, max: 40 }), seed: dataSeed, flavour });
    forAll(cases, 60, ({ vectors, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const length = 8 * vectors;
        const both = arena.inout('both', floats(length, seed, flavour));
        const source = arena.input(floats(length, seed + 1, flavour));
        const target = arena.output('target', length);
        return (kernels) => {
          kernels.activate(activation, both, both, length);
          kernels.activate(activation, source, target, length);
        };
      });
    });
  });

  it('keeps to its floats, whatever the data', () => {
    const cases = fc.record({ vectors: fc.integer({ min: 1, max: 40 }), seed: dataSeed, flavour });
    forAll(cases, 60, ({ vectors, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const length = 8 * vectors;
        const z = arena.input(floats(length, seed, flavour));
        const output = arena.input(floats(length, seed + 1, flavour));
        const d = arena.inout('d', floats(length, seed + 2, flavour));
        return (kernels) => kernels.activationBackward(activation, z, output, d, length);
      });
    });
  });

  it('has the bits of the twin for tiles with missing rows and samples', () => {
    for (let units = 1; units <= 11; units++) {
      const count = 1 + ((units * 7) % 19);
      pair.check(units, (arena) => {
        const weights = arena.input(floats(units * 3, units, 'plain'));
        const bias = arena.input(floats(units, units + 1, 'tiny'));
        const input = arena.input(floats(panelFloats(count, 3), units + 2, 'wild'));
        const z = arena.panels('z', count, units);
        const output = arena.panels('output', count, units);
        const scratch = arena.scratch(SCRATCH);
        const { unit } = biasModeIds;
        return (kernels) =>
          kernels.denseForward(weights, bias, unit, input, z, output, count, 3, units, activation, scratch);
      });
    }
  });
});
