import { activationIds, biasModeIds, leadingDimension, scratchBytes } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arena, panelFloats } from './arena.ts';
import { counts, dataSeed, flavour, forAll, shardSizes, widths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import { createPair } from './pair.ts';

interface Layer {
  inputs: number;
  units: number;
  count: number;
  shardSize: number;
  seed: number;
  flavour: Flavour;
}

/** At most so many products in a case: the twin takes some nanoseconds for each. */
const PRODUCTS_MAX = 400_000;

const layers = fc
  .record<Layer>({
    inputs: widths,
    units: widths,
    count: counts,
    shardSize: shardSizes,
    seed: dataSeed,
    flavour,
  })
  .map((layer) => {
    const count = Math.max(1, Math.min(layer.count, Math.floor(PRODUCTS_MAX / (layer.inputs * layer.units))));
    return { ...layer, count };
  });
const activations = fc.constantFrom(...Object.values(activationIds));
const biasModes = fc.constantFrom(...Object.values(biasModeIds));
/** Whose derivative needs no z, so that z and output may be one buffer. */
const withoutZ = new Set<number>([
  activationIds.identity,
  activationIds.relu,
  activationIds.leakyRelu,
  activationIds.sigmoid,
  activationIds.tanh,
]);

/** Bytes of scratch of the two products with panels. What each kernel says it needs is all that it gets here. */
const GEMM = 256 * 20 + 160;

const pair = createPair(4 << 20);
const layer = (inputs: number, units: number, count: number, shardSize: number): Layer => ({
  inputs,
  units,
  count,
  shardSize,
  seed: inputs * 7919 + units * 31 + count,
  flavour: 'plain',
});

function checkForward(l: Layer, biasMode: number, activation: number, inPlace: boolean): void {
  pair.check(l.seed, (arena) => {
    const weights = arena.input(floats(l.units * l.inputs, l.seed, l.flavour));
    const bias = arena.input(floats(biasMode === biasModeIds.unit ? l.units : 1, l.seed + 1, l.flavour));
    const input = arena.input(floats(panelFloats(l.count, l.inputs), l.seed + 2, l.flavour));
    const z = arena.panels('z', l.count, l.units);
    const output = inPlace ? z : arena.panels('output', l.count, l.units);
    const scratch = arena.scratch(GEMM);
    return (kernels) =>
      kernels.denseForward(
        weights,
        bias,
        biasMode,
        input,
        z,
        output,
        l.count,
        l.inputs,
        l.units,
        activation,
        scratch,
      );
  });
}

function checkInputGradient(l: Layer): void {
  pair.check(l.seed, (arena) => {
    const weights = arena.input(floats(l.units * l.inputs, l.seed, l.flavour));
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed + 1, l.flavour));
    const dInput = arena.panels('dInput', l.count, l.inputs);
    const scratch = arena.scratch(GEMM);
    return (kernels) => kernels.denseInputGradient(weights, dz, dInput, l.count, l.inputs, l.units, scratch);
  });
}

/** Rows [count][ld] with zeros behind each, as the kernel may expect them. */
function rowsInput(arena: Arena, l: Layer, ld: number): number {
  const rows = floats(l.count * ld, l.seed + 2, l.flavour);
  for (let sample = 0; sample < l.count; sample++) rows.fill(0, sample * ld + l.inputs, (sample + 1) * ld);
  return arena.input(rows);
}

function checkWeightGradient(l: Layer): void {
  pair.check(l.seed, (arena) => {
    const ld = leadingDimension(l.inputs) + (l.seed % 3 === 0 ? 8 : 0);
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed, l.flavour));
    const rows = rowsInput(arena, l, ld);
    const dWeights = arena.output('dWeights', l.units * l.inputs);
    const scratch = arena.scratch(33 * 160 + Math.ceil(l.units / 5) * l.count * 20);
    return (kernels) =>
      kernels.denseWeightGradient(dz, rows, ld, dWeights, l.count, l.shardSize, l.inputs, l.units, scratch);
  });
}

function checkBiasGradient(l: Layer, biasMode: number): void {
  pair.check(l.seed, (arena) => {
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed, l.flavour));
    const dBias = arena.output('dBias', biasMode === biasModeIds.unit ? l.units : 1);
    const scratch = arena.scratch(128 + 4 * l.count);
    return (kernels) =>
      kernels.denseBiasGradient(dz, dBias, l.count, l.shardSize, l.units, biasMode, scratch);
  });
}

describe('scratchBytes', () => {
  it('covers what each kernel says it needs', () => {
    forAll(layers, 100, ({ count, units }) => {
      const bytes = scratchBytes(count, units);
      const needs = [GEMM, 33 * 160 + Math.ceil(units / 5) * count * 20, 128 + 4 * ((count + 7) & ~7)];
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
        checkForward(l, biasMode, activation, shared && withoutZ.has(activation));
      },
    );
  });

  it('adds the bias once and activates once when the inputs take several blocks', () => {
    for (const inputs of [256, 257, 300, 511, 512, 513, 769]) {
      for (const activation of Object.values(activationIds)) {
        for (const inPlace of withoutZ.has(activation) ? [false, true] : [false]) {
          checkForward(layer(inputs, 6, 9, 1), biasModeIds.unit, activation, inPlace);
        }
      }
      checkForward(layer(inputs, 5, 8, 1), biasModeIds.layer, activationIds.relu, true);
      checkForward(layer(inputs, 4, 3, 1), biasModeIds.none, activationIds.elu, false);
    }
  });

  it('has the bits of the twin for every pair of small sizes', () => {
    for (let inputs = 1; inputs <= 9; inputs++) {
      for (let units = 1; units <= 11; units++) {
        checkForward(
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
    forAll(layers, 250, checkInputGradient);
  });

  it('carries its sums over when the units take several blocks', () => {
    for (const units of [256, 257, 300, 511, 512, 513, 769]) {
      for (const inputs of [1, 4, 5, 6, 10]) checkInputGradient(layer(inputs, units, 9, 1));
    }
  });

  it('has the bits of the twin for every pair of small sizes', () => {
    for (let inputs = 1; inputs <= 11; inputs++) {
      for (let units = 1; units <= 9; units++) {
        checkInputGradient(layer(inputs, units, 1 + ((inputs * units) % 17), 1));
      }
    }
  });
});

describe('denseWeightGradient', () => {
  it('has the bits of the twin for all remainders and writes nothing but the gradient', () => {
    forAll(layers, 250, checkWeightGradient);
  });

  it('adds any number of shards along the tree', () => {
    for (let shards = 1; shards <= 17; shards++) {
      checkWeightGradient(layer(9, 6, shards, 1));
      checkWeightGradient(layer(8, 5, 3 * shards - 2, 3));
      checkWeightGradient(layer(3, 7, 8 * shards - 1, 8));
    }
    for (const count of [31, 32, 33, 63, 64, 65, 100]) checkWeightGradient(layer(9, 6, count, 1));
  });

  it('carries its sums over when a shard takes several blocks', () => {
    for (const count of [255, 256, 257, 300, 511, 512, 513]) {
      checkWeightGradient(layer(17, 6, count, count));
      checkWeightGradient(layer(16, 10, count, count + 1));
      checkWeightGradient(layer(9, 5, count, 257));
      checkWeightGradient(layer(9, 5, 2 * count + 1, count));
    }
  });

  it('has the bits of the twin for every pair of small sizes and column blocks', () => {
    for (const inputs of [1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65, 71, 72, 127, 128, 129, 136]) {
      for (let units = 1; units <= 11; units++) {
        checkWeightGradient(layer(inputs, units, 1 + ((inputs * units) % 17), 16));
        checkWeightGradient(layer(inputs, units, 1 + ((inputs * units) % 17), 5));
      }
    }
  });
});

describe('denseBiasGradient', () => {
  it('has the bits of the twin for all remainders, one bias per unit and one for the layer', () => {
    forAll(layers, 250, (l) => {
      checkBiasGradient(l, biasModeIds.unit);
      checkBiasGradient(l, biasModeIds.layer);
    });
  });

  it('adds any number of shards along the tree', () => {
    for (let shards = 1; shards <= 33; shards++) {
      for (const mode of [biasModeIds.unit, biasModeIds.layer]) {
        checkBiasGradient(layer(1, 6, shards, 1), mode);
        checkBiasGradient(layer(1, 7, 5 * shards - 3, 5), mode);
        checkBiasGradient(layer(1, 3, 16 * shards - 15, 16), mode);
      }
    }
  });
});
