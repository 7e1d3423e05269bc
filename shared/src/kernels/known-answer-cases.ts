/**
 * The calls of the known-answer test: every kernel, every shape of tile, every activation, loss, optimizer and
 * elementary function; losses and updates are in files of their own. No result is a NaN, for the bits of a NaN are the engine's own; the test of this file
 * sees to it.
 */

import {
  activationIds,
  biasModeIds,
  elementaryIds,
  leadingDimension,
  panelBytes,
  scratchBytes,
  windowsBytes,
} from './kernels.ts';
import { LARGEST_FLOAT, special, TWO_TO_MINUS_130, type Workbench } from './known-answer-data.ts';
import { losses } from './known-answer-losses.ts';
import { updates } from './known-answer-updates.ts';

interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly count: number;
  readonly shardSize: number;
  readonly biasMode: number;
}

const { none, layer, unit } = biasModeIds;
const fullTiles: Layer = { inputs: 16, units: 10, count: 16, shardSize: 16, biasMode: unit };
/** Four shards. */
const raggedTiles: Layer = { inputs: 13, units: 7, count: 11, shardSize: 3, biasMode: layer };
/** More than one block of columns of the weight gradient, and two shards. */
const manyColumns: Layer = { inputs: 67, units: 5, count: 8, shardSize: 4, biasMode: none };
/** Each with more than one block of the summed index in its kernel. */
const longRows: Layer = { inputs: 261, units: 7, count: 9, shardSize: 1, biasMode: unit };
const longColumns: Layer = { inputs: 5, units: 263, count: 4, shardSize: 1, biasMode: none };
const longShards: Layer = { inputs: 8, units: 6, count: 262, shardSize: 259, biasMode: unit };
/** Rows of which some columns are zero; the sums of the second one take more than one block without these. */
const sparseRows: Layer = { inputs: 83, units: 7, count: 11, shardSize: 3, biasMode: unit };
const longSparseRows: Layer = { inputs: 350, units: 6, count: 9, shardSize: 16, biasMode: layer };

export function runCases(bench: Workbench): void {
  const parts = [
    shapes,
    ...[fullTiles, raggedTiles, manyColumns, longRows].map(forward),
    ...[fullTiles, raggedTiles, manyColumns, longColumns].map(inputGradient),
    ...[fullTiles, raggedTiles, manyColumns, longShards].map(parameterGradients),
    ...Object.values(activationIds).map(activation),
    dropout,
    ...losses,
    ...updates,
    ...[sparseRows, longSparseRows].map(sparse),
    ...Object.values(elementaryIds).map(elementary),
  ];
  for (const part of parts) {
    bench.clear();
    part(bench);
  }
}

function shapes(bench: Workbench): void {
  const { kernels } = bench;
  const [count, width] = [9, 29];
  const ld = leadingDimension(width);
  const source = bench.bytes(count * width, (i) => i & 255);
  const scaled = bench.room(count * ld * 4);
  kernels.bytesToRows(source, scaled, count, width, ld, 255);
  bench.keep(scaled, count * ld);

  const rows = bench.matrix('inputs', 13, 7, 8);
  const [panels, back] = [bench.room(panelBytes(13, 7)), bench.room(13 * 8 * 4)];
  kernels.rowsToPanels(rows, panels, 13, 7, 8);
  bench.keep(panels, 16 * 7);
  kernels.panelsToRows(panels, back, 13, 7, 8);
  bench.keep(back, 13 * 8);
  const copied = bench.room(21 * 4);
  kernels.copy(bench.vector(21), copied, 21);
  bench.keep(copied, 21);
}

const forward = (l: Layer) => (bench: Workbench) => {
  const { inputs, units, count, biasMode } = l;
  const weights = bench.matrix('weights', units, inputs);
  // What is added to a subnormal or to a zero may not hide it.
  const bias = bench.floats(units, (i, pooled) => special[i] ?? pooled);
  const input = bench.panels('inputs', count, inputs);
  const z = bench.room(panelBytes(count, units));
  const { identity } = activationIds;
  const scratch = bench.room(scratchBytes(count, units));
  bench.kernels.denseForward(weights, bias, biasMode, input, z, z, count, inputs, units, identity, scratch);
  bench.keepPanels(z, count, units);
};

const inputGradient =
  ({ inputs, units, count }: Layer) =>
  (bench: Workbench) => {
    const weights = bench.matrix('weights', units, inputs);
    const dz = bench.panels('inputs', count, units);
    const dInput = bench.room(panelBytes(count, inputs));
    const scratch = bench.room(scratchBytes(count, units));
    bench.kernels.denseInputGradient(weights, dz, dInput, count, inputs, units, scratch);
    bench.keepPanels(dInput, count, inputs);
  };

const parameterGradients =
  ({ inputs, units, count, shardSize }: Layer) =>
  (bench: Workbench) => {
    const { kernels } = bench;
    const ld = leadingDimension(inputs);
    const dz = bench.panels('deltas', count, units);
    const rows = bench.matrix('inputs', count, inputs, ld);
    const [dWeights, dBias] = [bench.room(units * inputs * 4), bench.room(units * 4)];
    const scratch = bench.room(scratchBytes(count, units));
    kernels.denseWeightGradient(dz, rows, ld, 0, dWeights, count, shardSize, inputs, units, scratch);
    bench.keep(dWeights, units * inputs);
    kernels.denseBiasGradient(dz, dBias, count, shardSize, units, unit, scratch);
    bench.keep(dBias, units);
    kernels.denseBiasGradient(dz, dBias, count, shardSize, units, layer, scratch);
    bench.keep(dBias, 1);
  };

/** The whole layer from rows, with a list of windows and without one: the last window ends with the columns. */
const sparse =
  ({ inputs, units, count, shardSize, biasMode }: Layer) =>
  (bench: Workbench) => {
    const { kernels } = bench;
    const ld = leadingDimension(inputs);
    const rows = bench.matrix('inputs', count, inputs, ld);
    bench.clearColumns(rows, count, ld, (column) => column % 29 >= 20 && column < inputs - 1);
    const windows = bench.room(windowsBytes(ld));
    bench.keepAnswer(kernels.findWindows(rows, ld, count, inputs, windows));
    // As many as 29 columns with values in 20 of them need.
    bench.keep(windows, 1 + 3 * Math.floor(inputs / 29));
    const weights = bench.matrix('weights', units, inputs);
    const bias = bench.floats(units, (i, pooled) => special[i] ?? pooled);
    const dz = bench.panels('deltas', count, units);
    const [panels, z] = [bench.room(panelBytes(count, inputs)), bench.room(panelBytes(count, units))];
    const dWeights = bench.room(units * inputs * 4);
    const scratch = bench.room(scratchBytes(count, units));
    for (const list of [windows, 0]) {
      kernels.denseForwardRows(
        ...[weights, bias, biasMode, rows, ld, list, panels, z, z],
        ...[count, inputs, units, activationIds.identity, scratch],
      );
      bench.keepPanels(z, count, units);
      kernels.denseWeightGradient(dz, rows, ld, list, dWeights, count, shardSize, inputs, units, scratch);
      bench.keep(dWeights, units * inputs);
    }
  };

/** Their products reach from a subnormal to where every function has run into its limit. */
const samples = [1e-45, 1e-39, 1e-20, 1e-4, 0.02, 0.3, 0.7, 1, 1.9, 3.3, 5, 9, 17, 40, 88.5, 1e30];
const factors = [1, -1, 0.9, -0.77, 1.3, -1.07, 0.5, -0.5, 1.17, -1.17, 0.111, -0.111];

const activation = (id: number) => (bench: Workbench) => {
  const [count, units] = [samples.length, factors.length];
  const input = bench.floats(count, (i) => samples[i]!);
  const weights = bench.floats(units, (i) => factors[i]!);
  const [z, output] = [bench.room(count * units * 4), bench.room(count * units * 4)];
  const scratch = bench.room(scratchBytes(count, units));
  bench.kernels.denseForward(weights, 0, none, input, z, output, count, 1, units, id, scratch);
  bench.keep(z, count * units);
  bench.keep(output, count * units);
  const d = bench.vector(count * units);
  bench.kernels.activationBackward(id, z, output, d, count * units);
  bench.keep(d, count * units);
  bench.kernels.activate(id, z, z, count * units);
  bench.keep(z, count * units);
};

/** Two panels and a rest of three units. The samples' counter wraps, and a threshold taken as signed would be negative. */
function dropout(bench: Workbench): void {
  const [count, width] = [13, 39];
  const source = bench.panels('inputs', count, width);
  const target = bench.room(panelBytes(count, width));
  const [keyLow, keyHigh, step, layer, first] = [0x9abcdef0, 0x12345, 4_000_000_000, 5, 2 ** 32 - 4];
  for (const threshold of [2 ** 31, 0xe6666666]) {
    bench.kernels.dropout(
      ...[source, target, count, width, keyLow, keyHigh],
      ...[step, layer, first, threshold, 2 ** 32 / threshold],
    );
    bench.keep(target, panelBytes(count, width) / 4);
  }
}

/** The scales at which arguments of elementary functions are taken. */
const magnitudes = [1, 100, 3, 1e-3, 0.3, 1e-8, 1e4, 10, 1e-30, 1e9, 3e38];

/** Arguments that each function has a value for. */
const elementary = (id: number) => (bench: Workbench) => {
  const { exp, expm1, log, log1p, tanh } = elementaryIds;
  const length = 128;
  const limits: number[] = [0, -0, 1e-45, TWO_TO_MINUS_130, LARGEST_FLOAT];
  if (id === exp || id === expm1 || id === tanh) limits.push(Infinity, -Infinity, -87.5, -95, -103.9, 88.72);
  if (id === log || id === log1p) limits.push(Infinity);
  const source = bench.floats(length, (i, pooled) => {
    if (i < limits.length) return limits[i]!;
    const x = pooled * magnitudes[i % magnitudes.length]!;
    if (id === log) return Math.abs(x);
    return id === log1p && x < -1 ? 1 / x : x;
  });
  const target = bench.room(length * 4);
  bench.kernels.map(id, source, target, length);
  bench.keep(target, length);
};
