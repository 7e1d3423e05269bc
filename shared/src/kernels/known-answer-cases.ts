/**
 * The calls of the known-answer test: every kernel, every shape of tile, every activation, loss, optimizer and
 * elementary function. No result is a NaN, for the bits of a NaN are the engine's own; the test of this file
 * sees to it.
 */

import {
  activationIds,
  biasModeIds,
  elementaryIds,
  leadingDimension,
  panelBytes,
  scratchBytes,
} from './kernels.ts';
import { TWO_TO_MINUS_130, type Workbench } from './known-answer-data.ts';

const LARGEST_FLOAT = 3.4028234663852886e38;
/** By index: a subnormal, +0 and -0; all other values of a vector are ordinary. */
const special: readonly (number | undefined)[] = [undefined, 1.25 * TWO_TO_MINUS_130, 0, -0];

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

export function runCases(bench: Workbench): void {
  const parts = [
    shapes,
    ...[fullTiles, raggedTiles, manyColumns, longRows].map(forward),
    ...[fullTiles, raggedTiles, manyColumns, longColumns].map(inputGradient),
    ...[fullTiles, raggedTiles, manyColumns, longShards].map(parameterGradients),
    ...Object.values(activationIds).map(activation),
    softmaxCrossEntropy,
    otherLosses,
    ...[1, 3, 7, 11].map(mean),
    sums,
    finite,
    sgd,
    adam,
    scaledByRootMeanSquare,
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
    kernels.denseWeightGradient(dz, rows, ld, dWeights, count, shardSize, inputs, units, scratch);
    bench.keep(dWeights, units * inputs);
    kernels.denseBiasGradient(dz, dBias, count, shardSize, units, unit, scratch);
    bench.keep(dBias, units);
    kernels.denseBiasGradient(dz, dBias, count, shardSize, units, layer, scratch);
    bench.keep(dBias, 1);
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
};

function softmaxCrossEntropy(bench: Workbench): void {
  const [count, classes] = [11, 10];
  // Sample 2 comes to subnormal probabilities; the classes of sample 5 are equal.
  const logits = bench.floats(panelBytes(count, classes) / 4, (i, pooled) => {
    const [feature, lane] = [(i >> 3) % classes, i & 7];
    if (lane === 2) return feature * -10.5;
    return lane === 5 ? 0.5 : pooled * 8;
  });
  const labels = bench.integers(count, (i) => (i === 5 ? 0 : (i * 7) % classes));
  const [dLogits, lossSums] = [bench.room(panelBytes(count, classes)), bench.room(8)];
  const scratch = bench.room(scratchBytes(count, classes));
  bench.kernels.softmaxCrossEntropy(logits, labels, dLogits, count, classes, 4, lossSums, scratch);
  bench.keepPanels(dLogits, count, classes);
  bench.keep(lossSums, 2);
}

function otherLosses(bench: Workbench): void {
  const [count, width] = [13, 3];
  const outputs = bench.panels('inputs', count, width);
  const logits = bench.floats(panelBytes(count, width) / 4, (i, pooled) => (i % 5 === 1 ? -95 : pooled * 8));
  const targets = bench.matrix('inputs', count, width);
  const classes = bench.floats(count * width, (i) => [0, 1, 0.25, 0.75][i & 3]!);
  const [d, lossSums] = [bench.room(panelBytes(count, width)), bench.room(8)];
  const scratch = bench.room(scratchBytes(count, width));
  bench.kernels.squaredError(outputs, targets, d, count, width, 2, lossSums, scratch);
  bench.keepPanels(d, count, width);
  bench.keep(lossSums, 2);
  bench.kernels.binaryCrossEntropy(logits, classes, d, count, width, 2, lossSums, scratch);
  bench.keepPanels(d, count, width);
  bench.keep(lossSums, 2);
}

const mean = (slots: number) => (bench: Workbench) => {
  // One block of the kernel and a ragged rest for three slots, some of whose sums overflow; else a ragged vector.
  const length = slots === 3 ? 517 : 77;
  // Slots may overlap, for they are only read; all of them have the special values at the same indices.
  const stride = 64;
  const source = bench.floats(length + (slots - 1) * stride, (i, pooled) => {
    if (slots === 3 && i % stride === 3) return LARGEST_FLOAT;
    return special[i & 31] ?? pooled;
  });
  const target = bench.room((length + 3) * 4);
  const scratch = bench.room(scratchBytes(1, 1));
  bench.keepAnswer(bench.kernels.treeMean(source, stride * 4, slots, length, 37, target, scratch));
  bench.keep(target, length);
};

function sums(bench: Workbench): void {
  const length = 23;
  const [target, source] = [bench.vector(length), bench.vector(length)];
  bench.kernels.add(target, source, length);
  bench.keep(target, length);
}

/** What the mean and an update say of a gradient with one value that may not be finite, at any place. */
function finite(bench: Workbench): void {
  const length = 23;
  const [w, next] = [bench.vector(length), bench.room(128)];
  const scratch = bench.room(scratchBytes(1, 1));
  for (const place of [-1, 0, 5, 19, 20, 22]) {
    for (const value of [LARGEST_FLOAT, Infinity, -Infinity]) {
      const g = bench.floats(length, (i) => (i === place ? value : -LARGEST_FLOAT));
      bench.keepAnswer(bench.kernels.treeMean(g, 0, 1, length, 1, next, scratch));
      bench.keep(next, length);
      bench.keepAnswer(bench.kernels.sgd(g, w, next, 0, 0, length, 0.5, 0, 0, 0));
      bench.keep(next, length);
    }
  }
}

/** Six vectors of four and a rest of three. */
const PARAMETERS = 27;
/** Where the weight is -0 the gradient is +0, so that the weight has to stay what it is. */
const gradients = (bench: Workbench) =>
  bench.floats(PARAMETERS, (i, pooled) => (i === 3 ? 0 : (special[i] ?? pooled)));
const squares = (bench: Workbench) => bench.floats(PARAMETERS, (i, pooled) => Math.abs(special[i] ?? pooled));

function sgd(bench: Workbench): void {
  const [g, w, v] = [gradients(bench), bench.vector(PARAMETERS), bench.vector(PARAMETERS)];
  const [wNext, vNext] = [bench.room(128), bench.room(128)];
  for (const [momentum, nesterov, decay] of [
    [0, 0, 0],
    [0, 0, 1e-3],
    [0.9, 0, 0],
    [0.9, 1, 1e-3],
  ] as const) {
    const answer = bench.kernels.sgd(g, w, wNext, v, vNext, PARAMETERS, 0.01, momentum, nesterov, decay);
    bench.keepAnswer(answer);
    bench.keep(wNext, PARAMETERS);
    if (momentum !== 0) bench.keep(vNext, PARAMETERS);
  }
}

function adam(bench: Workbench): void {
  const [g, w] = [gradients(bench), bench.vector(PARAMETERS)];
  const [m, v] = [bench.vector(PARAMETERS), squares(bench)];
  const [wNext, mNext, vNext] = [bench.room(128), bench.room(128), bench.room(128)];
  for (const [decay, shrink] of [
    [0, 1],
    [1e-3, 1],
    [0, 0.99],
  ] as const) {
    const answer = bench.kernels.adam(
      ...[g, w, wNext, m, mNext, v, vNext, PARAMETERS],
      ...[0.9, 0.1, 0.999, 0.001, 0.005, 0.03, 1e-8, decay, shrink],
    );
    bench.keepAnswer(answer);
    for (const result of [wNext, mNext, vNext]) bench.keep(result, PARAMETERS);
  }
}

function scaledByRootMeanSquare(bench: Workbench): void {
  const [g, w] = [gradients(bench), bench.vector(PARAMETERS)];
  const s = squares(bench);
  const [wNext, sNext] = [bench.room(128), bench.room(128)];
  for (const [keep, add, decay] of [
    [0.99, 0.01, 0],
    [1, 1, 1e-3],
  ] as const) {
    bench.keepAnswer(
      bench.kernels.scaledByRootMeanSquare(g, w, wNext, s, sNext, PARAMETERS, 0.01, keep, add, 1e-8, decay),
    );
    bench.keep(wNext, PARAMETERS);
    bench.keep(sNext, PARAMETERS);
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
