/**
 * Trained networks for tests of exported files: random weights, rows as they stand in the data, and what the
 * network answers to them by our own kernels.
 */

import type { DataEncoding, InputEncoding } from '@hivegrad/shared/data/dataset';
import { activationIds } from '@hivegrad/shared/kernels/kernels';
import { outputSize, parametersOf } from '@hivegrad/shared/model/parameters';
import type { Activation, BiasMode, LayerSpec, Loss, ModelSpec } from '@hivegrad/shared/model/spec';
import { weightsDigest } from 'hivegrad/checkpoint/format';
import type { TrainedNetwork } from 'hivegrad/export/network';
import { benchNetwork } from '../support/bench-network.ts';
import { uniform } from '../support/datasets.ts';

const ROWS = 13;
const activations = Object.keys(activationIds) as Activation[];
const biases: readonly BiasMode[] = ['unit', 'layer', 'none'];
const losses: readonly Loss[] = ['softmaxCrossEntropy', 'binaryCrossEntropy', 'squaredError'];

/** How each input encoding draws a raw value for an input, and what the network sees of it. */
const encodings: readonly ((width: number) => InputEncoding | undefined)[] = [
  () => undefined,
  (width) => ({ kind: 'bytes', width, scale: 'unit' }),
  (width) => ({ kind: 'bytes', width, scale: 'none' }),
  (width) => ({ kind: 'numbers', width }),
  (width) => ({
    kind: 'numbers',
    width,
    // Far from 0 beside their deviation, as years and populations are.
    means: Array.from({ length: width }, (_, i) => 250_000.1 * (i - 2)),
    deviations: Array.from({ length: width }, (_, i) => 0.3 + i),
  }),
  (width) => ({
    kind: 'columns',
    columns: [
      { kind: 'number', name: 'year', mean: 1998.6, deviation: 9.3 },
      { kind: 'category', name: 'colour', categories: Array.from({ length: width - 2 }, (_, i) => `c${i}`) },
      { kind: 'number', name: 'weight', mean: -0.01, deviation: 0.002 },
    ],
  }),
];

export interface ExportCase {
  readonly title: string;
  readonly network: TrainedNetwork;
  /** [rows][inputs], float32 numbers as they stand in the data. */
  readonly raw: readonly (readonly number[])[];
  /** [rows][outputs]: probabilities, or values under the squared error. */
  readonly answers: readonly (readonly number[])[];
}

/** One network for each activation, and one more, going round the bias modes, losses and encodings. */
export function exportCases(): ExportCase[] {
  return [...activations, 'relu' as const].map((activation, index) => {
    const loss = losses[index % 3]!;
    const bias = biases[Math.floor(index / 2) % 3]!;
    const other = activations[(index + 4) % activations.length]!;
    const dense = (units: number, sigma: Activation): LayerSpec => {
      return { type: 'dense', units, activation: sigma, bias, initializer: 'glorotUniform' };
    };
    const drop = index % 2 === 0 ? [{ type: 'dropout', rate: 0.5 } as const] : [];
    const layers = [dense(17, activation), ...drop, dense(9, other), dense(2 + (index % 4), 'identity')];
    const model: ModelSpec = { inputSize: 5 + index, layers, loss };
    const input = encodings[index % encodings.length]!(model.inputSize);
    const title = `${activation} and ${other}, bias ${bias}, ${loss}, ${input?.kind ?? 'no encoding'}`;
    return { title, ...exportCase(model, input, 100 + index) };
  });
}

function exportCase(model: ModelSpec, input: InputEncoding | undefined, seed: number) {
  const random = uniform(seed);
  const parameters = parametersOf(model);
  const weights = new Float32Array(parameters.at(-1)!.offset + parameters.at(-1)!.size);
  for (const { shape, offset, size } of parameters) {
    // Of variance 1 / fanIn, so that answers stay near 1.
    const limit = Math.sqrt(3 / (shape[1] ?? 4));
    for (let i = 0; i < size; i++) weights[offset + i] = (2 * random() - 1) * limit;
  }
  const rows = Array.from({ length: ROWS }, () => rawRow(model.inputSize, input, random));
  const names = Array.from({ length: outputSize(model) }, (_, i) => `class ${i}`);
  const kind = model.loss === 'softmaxCrossEntropy' ? 'classes' : 'values';
  const encoding: DataEncoding | undefined = input && { input, target: { kind, names } };
  const network: TrainedNetwork = {
    model,
    parameters,
    weights,
    weightsDigest: weightsDigest(weights),
    configDigest: 'c'.repeat(64),
    dataDigest: 'd'.repeat(128),
    step: seed,
    encoding,
  };
  const features = rows.map((row) => row.map((x, i) => Math.fround(scaled(x, i, input))));
  return { network, raw: rows, answers: predict(model, weights, features) };
}

function rawRow(width: number, input: InputEncoding | undefined, random: () => number): number[] {
  const signed = () => Math.fround(4 * random() - 2);
  if (input?.kind === 'bytes') {
    // Without a scale bytes are large; a network that was trained on them has learned that.
    const limit = input.scale === 'unit' ? 256 : 4;
    return Array.from({ length: width }, () => Math.floor(random() * limit));
  }
  if (input?.kind === 'columns') {
    const chosen = Math.floor(random() * (width - 2));
    const category = Array.from({ length: width - 2 }, (_, i) => (i === chosen ? 1 : 0));
    return [Math.floor(1980 + 40 * random()), ...category, Math.fround(-0.01 + 0.002 * signed())];
  }
  const mean = (i: number) => (input?.kind === 'numbers' ? (input.means?.[i] ?? 0) : 0);
  return Array.from({ length: width }, (_, i) => Math.fround(mean(i) + signed()));
}

/** Input `i` of the network from what stands in the data, in float64. */
function scaled(x: number, i: number, input: InputEncoding | undefined): number {
  if (input?.kind === 'bytes') return input.scale === 'unit' ? x / 255 : x;
  if (input?.kind === 'numbers') return (x - (input.means?.[i] ?? 0)) / (input.deviations?.[i] ?? 1);
  if (input?.kind !== 'columns') return x;
  const each = input.columns.flatMap((column) =>
    column.kind === 'number' ? [column] : column.categories.map(() => ({ mean: 0, deviation: 1 })),
  );
  return (x - each[i]!.mean) / each[i]!.deviation;
}

/** What our kernels answer, without dropout, which only training has. */
function predict(model: ModelSpec, weights: Float32Array, x: number[][]): number[][] {
  const layers = model.layers.filter((layer) => layer.type !== 'dropout');
  const network = benchNetwork('simd', { ...model, layers }, { samplesMax: ROWS, shardSize: ROWS });
  network.weights = weights;
  const width = outputSize(model);
  const y = model.loss === 'softmaxCrossEntropy' ? x.map(() => 0) : x.map(() => Array(width).fill(0));
  const { outputs } = network.gradient({ x, y: y as number[] }, ROWS);
  return outputs.map((row) => {
    if (model.loss === 'squaredError') return row;
    if (model.loss === 'binaryCrossEntropy') return row.map((logit) => 1 / (1 + Math.exp(-logit)));
    const largest = Math.max(...row);
    const parts = row.map((logit) => Math.exp(logit - largest));
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  });
}
