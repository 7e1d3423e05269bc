import { activationIds, biasModeIds, scratchBytes } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forAll } from './cases.ts';
import {
  activations,
  biasModes,
  checkBiasGradient,
  checkForward,
  checkInputGradient,
  checkWeightGradient,
  GEMM,
  layer,
  layers,
  weightGradientScratch,
  withoutZ,
} from './dense-checks.ts';
import { createPair } from './pair.ts';

const pair = createPair(4 << 20);

describe('scratchBytes', () => {
  it('covers what each kernel says it needs', () => {
    forAll(layers, 100, ({ count, units }) => {
      const bytes = scratchBytes(count, units);
      const needs = [GEMM, weightGradientScratch(count, units), 128 + 4 * ((count + 7) & ~7)];
      expect(bytes).toBeGreaterThanOrEqual(Math.max(...needs, 32 * 512 * 4));
    });
  });
});

describe('denseForward', () => {
  it('has the bits of the twin for all remainders, bias modes and activations', () => {
    forAll(
      fc.tuple(layers, biasModes, activations, fc.boolean()),
      250,
      ([l, biasMode, activation, shared]) => {
        checkForward(pair, l, biasMode, activation, shared && withoutZ.has(activation));
      },
    );
  });

  it('adds the bias once and activates once when the inputs take several blocks', () => {
    for (const inputs of [256, 257, 300, 511, 512, 513, 769]) {
      for (const activation of Object.values(activationIds)) {
        for (const inPlace of withoutZ.has(activation) ? [false, true] : [false]) {
          checkForward(pair, layer(inputs, 6, 9, 1), biasModeIds.unit, activation, inPlace);
        }
      }
      checkForward(pair, layer(inputs, 5, 8, 1), biasModeIds.layer, activationIds.relu, true);
      checkForward(pair, layer(inputs, 4, 3, 1), biasModeIds.none, activationIds.elu, false);
    }
  });

  it('has the bits of the twin for every pair of small sizes', () => {
    for (let inputs = 1; inputs <= 9; inputs++) {
      for (let units = 1; units <= 11; units++) {
        checkForward(
          pair,
          layer(inputs, units, 1 + ((inputs * units) % 17), 1),
          biasModeIds.unit,
          units % 9,
          false,
        );
      }
    }
  });
});

describe('denseInputGradient', () => {
  it('has the bits of the twin for all remainders', () => {
    forAll(layers, 250, (l) => checkInputGradient(pair, l));
  });

  it('carries its sums over when the units take several blocks', () => {
    for (const units of [256, 257, 300, 511, 512, 513, 769]) {
      for (const inputs of [1, 4, 5, 6, 10]) checkInputGradient(pair, layer(inputs, units, 9, 1));
    }
  });

  it('has the bits of the twin for every pair of small sizes', () => {
    for (let inputs = 1; inputs <= 11; inputs++) {
      for (let units = 1; units <= 9; units++) {
        checkInputGradient(pair, layer(inputs, units, 1 + ((inputs * units) % 17), 1));
      }
    }
  });
});

describe('denseWeightGradient', () => {
  it('has the bits of the twin for all remainders and writes nothing but the gradient', () => {
    forAll(layers, 250, (l) => checkWeightGradient(pair, l));
  });

  it('adds any number of shards along the tree', () => {
    for (let shards = 1; shards <= 17; shards++) {
      checkWeightGradient(pair, layer(9, 6, shards, 1));
      checkWeightGradient(pair, layer(8, 5, 3 * shards - 2, 3));
      checkWeightGradient(pair, layer(3, 7, 8 * shards - 1, 8));
    }
    for (const count of [31, 32, 33, 63, 64, 65, 100]) checkWeightGradient(pair, layer(9, 6, count, 1));
  });

  it('carries its sums over when a shard takes several blocks', () => {
    for (const count of [255, 256, 257, 300, 511, 512, 513]) {
      checkWeightGradient(pair, layer(17, 6, count, count));
      checkWeightGradient(pair, layer(16, 10, count, count + 1));
      checkWeightGradient(pair, layer(9, 5, count, 257));
      checkWeightGradient(pair, layer(9, 5, 2 * count + 1, count));
    }
  });

  it('has the bits of the twin for every pair of small sizes and column blocks', () => {
    for (const inputs of [1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65, 71, 72, 127, 128, 129, 136]) {
      for (let units = 1; units <= 11; units++) {
        checkWeightGradient(pair, layer(inputs, units, 1 + ((inputs * units) % 17), 16));
        checkWeightGradient(pair, layer(inputs, units, 1 + ((inputs * units) % 17), 5));
      }
    }
  });
});

describe('denseBiasGradient', () => {
  it('has the bits of the twin for all remainders, one bias per unit and one for the layer', () => {
    forAll(layers, 250, (l) => {
      checkBiasGradient(pair, l, biasModeIds.unit);
      checkBiasGradient(pair, l, biasModeIds.layer);
    });
  });

  it('adds any number of shards along the tree', () => {
    for (let shards = 1; shards <= 33; shards++) {
      for (const mode of [biasModeIds.unit, biasModeIds.layer]) {
        checkBiasGradient(pair, layer(1, 6, shards, 1), mode);
        checkBiasGradient(pair, layer(1, 7, 5 * shards - 3, 5), mode);
        checkBiasGradient(pair, layer(1, 3, 16 * shards - 15, 16), mode);
      }
    }
  });
});
