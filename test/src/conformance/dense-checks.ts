/** The dense kernels of the module against the twin: the layers that are tried, and a check for each kernel. */

import { activationIds, biasModeIds, leadingDimension } from '@hivegrad/shared/kernels/kernels';
import fc from 'fast-check';
import { type Arena, panelFloats } from './arena.ts';
import { counts, dataSeed, flavour, shardSizes, widths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import type { Pair } from './pair.ts';

export interface Layer {
  inputs: number;
  units: number;
  count: number;
  shardSize: number;
  seed: number;
  flavour: Flavour;
}

/** At most so many products in a case: the twin takes some nanoseconds for each. */
const PRODUCTS_MAX = 400_000;

export const layers = fc
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
export const activations = fc.constantFrom(...Object.values(activationIds));
export const biasModes = fc.constantFrom(...Object.values(biasModeIds));
/** Whose derivative needs no z, so that z and output may be one buffer. */
export const withoutZ = new Set<number>([
  activationIds.identity,
  activationIds.relu,
  activationIds.leakyRelu,
  activationIds.sigmoid,
  activationIds.tanh,
]);

/** Bytes of scratch of the two products with panels. What each kernel says it needs is all that it gets here. */
export const GEMM = 256 * 240 + 160;

/** The same of the weight gradient. */
export const weightGradientScratch = (count: number, units: number): number =>
  34 * 320 + Math.ceil(units / 5) * count * 20 + count * 256;

export const layer = (inputs: number, units: number, count: number, shardSize: number): Layer => ({
  inputs,
  units,
  count,
  shardSize,
  seed: inputs * 7919 + units * 31 + count,
  flavour: 'plain',
});

/** Rows [count][ld] with zeros behind each, as the kernel may expect them. */
function rowsInput(arena: Arena, l: Layer, ld: number): number {
  const rows = floats(l.count * ld, l.seed + 2, l.flavour);
  for (let sample = 0; sample < l.count; sample++) rows.fill(0, sample * ld + l.inputs, (sample + 1) * ld);
  return arena.input(rows);
}

export function checkForward(
  pair: Pair,
  l: Layer,
  biasMode: number,
  activation: number,
  inPlace: boolean,
): void {
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

export function checkInputGradient(pair: Pair, l: Layer): void {
  pair.check(l.seed, (arena) => {
    const weights = arena.input(floats(l.units * l.inputs, l.seed, l.flavour));
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed + 1, l.flavour));
    const dInput = arena.panels('dInput', l.count, l.inputs);
    const scratch = arena.scratch(GEMM);
    return (kernels) => kernels.denseInputGradient(weights, dz, dInput, l.count, l.inputs, l.units, scratch);
  });
}

export function checkWeightGradient(pair: Pair, l: Layer): void {
  pair.check(l.seed, (arena) => {
    const ld = leadingDimension(l.inputs) + (l.seed % 3 === 0 ? 8 : 0);
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed, l.flavour));
    const rows = rowsInput(arena, l, ld);
    const dWeights = arena.output('dWeights', l.units * l.inputs);
    const scratch = arena.scratch(weightGradientScratch(l.count, l.units));
    return (kernels) =>
      kernels.denseWeightGradient(
        dz,
        rows,
        ld,
        0,
        dWeights,
        l.count,
        l.shardSize,
        l.inputs,
        l.units,
        scratch,
      );
  });
}

export function checkBiasGradient(pair: Pair, l: Layer, biasMode: number): void {
  pair.check(l.seed, (arena) => {
    const dz = arena.input(floats(panelFloats(l.count, l.units), l.seed, l.flavour));
    const dBias = arena.output('dBias', biasMode === biasModeIds.unit ? l.units : 1);
    const scratch = arena.scratch(128 + 4 * l.count);
    return (kernels) =>
      kernels.denseBiasGradient(dz, dBias, l.count, l.shardSize, l.units, biasMode, scratch);
  });
}
