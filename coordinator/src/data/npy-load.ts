/**
 * Loader of NPY arrays: features of any shape, [samples, ...], flattened to rows; targets [samples] or [samples, k];
 * perhaps weights [samples]. Unsigned bytes stay bytes unless they are standardized; everything else is float32.
 */

import { basename } from 'node:path';
import type {
  DataSplit,
  Features,
  InputEncoding,
  TargetEncoding,
  Targets,
} from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { describeSplit, formatCount } from './describe.ts';
import { classNames, sampleWidth } from './idx.ts';
import { availableMemory } from './memory.ts';
import { elementsOf, float32Of, type NpyArray, readNpy } from './npy.ts';
import { cutSamples, datasetOf, type Samples } from './samples.ts';
import type { LoadOptions, NpyDataSpec, NpyFiles } from './spec.ts';
import { momentsOfRows, standardizeRows } from './standardize.ts';
import { sampleWeights } from './weights.ts';

interface Arrays {
  readonly features: NpyArray;
  readonly targets: NpyArray;
  readonly weights?: NpyArray;
}

/**
 * Reads arrays of a training and perhaps a test part. Errors: those of the reader; DATA_MISMATCH (shapes),
 * DATA_LABEL_RANGE, DATA_NOT_A_NUMBER, DATA_WEIGHT.
 */
export async function loadNpy(spec: Omit<NpyDataSpec, 'kind'>, load: LoadOptions): Promise<DataSplit> {
  const memoryBytes = load.memoryBytes ?? availableMemory();
  const train = await readArrays(spec.train, memoryBytes);
  const test = spec.test === undefined ? undefined : await readArrays(spec.test, memoryBytes);
  if (test !== undefined) requireSameShape(train, test);
  const classes = spec.task === 'classes' ? (spec.classes ?? largestClass(train.targets) + 1) : 0;
  const toSamples = (arrays: Arrays) => samplesOf(arrays, { ...spec, classes });
  const all = toSamples(train);
  const own = test === undefined ? undefined : toSamples(test);
  const cut = cutSamples(all, test === undefined ? { ...load, testFraction: spec.testFraction } : load);
  const { input, target } = fit({ all, own, rows: cut.train }, spec);
  const split = {
    train: datasetOf(all, { rows: cut.train, weighted: true }),
    ...(cut.validation === undefined ? {} : { validation: datasetOf(all, { rows: cut.validation }) }),
    test: datasetOf(own ?? all, { rows: cut.test }),
  };
  const files =
    spec.test === undefined
      ? `${basename(spec.train.features)}, test fraction ${spec.testFraction} drawn with seed ${load.seed}`
      : `${basename(spec.train.features)} and ${basename(spec.test.features)}`;
  const origin =
    spec.train.weights === undefined ? files : `${files}; weighted by ${basename(spec.train.weights)}`;
  return { ...split, encoding: { input, target }, description: describeSplit('NPY', split, origin) };
}

async function readArrays(files: NpyFiles, memoryBytes: number): Promise<Arrays> {
  const features = await readNpy(files.features, memoryBytes);
  const targets = await readNpy(files.targets, memoryBytes);
  requireCount(features, targets);
  if (targets.shape.length > 2) {
    const message = `${targets.path} has the shape [${targets.shape.join(' x ')}]; targets are [samples] or [samples x values].`;
    throw new UserError('DATA_MISMATCH', message);
  }
  if (files.weights === undefined) return { features, targets };
  const weights = await readNpy(files.weights, memoryBytes);
  requireCount(features, weights);
  if (sampleWidth(weights.shape) !== 1) {
    const message = `${weights.path} has the shape [${weights.shape.join(' x ')}]; weights are one number per sample.`;
    throw new UserError('DATA_MISMATCH', message);
  }
  return { features, targets, weights };
}

function requireCount(features: NpyArray, other: NpyArray): void {
  const [samples = 0] = features.shape;
  const [count = 0] = other.shape;
  if (samples === count) return;
  const message =
    `${features.path} holds ${formatCount(samples)} samples but ${other.path} holds ${formatCount(count)}; give arrays ` +
    'of the same samples.';
  throw new UserError('DATA_MISMATCH', message);
}

function requireSameShape(train: Arrays, test: Arrays): void {
  for (const [one, other] of [
    [train.features, test.features],
    [train.targets, test.targets],
  ] as const) {
    const shapes = [one, other].map(({ shape }) => shape.slice(1).join(' x '));
    const isSame = shapes[0] === shapes[1] && (one !== train.features || one.type === other.type);
    if (isSame) continue;
    const message =
      `Samples of ${one.path} are [${shapes[0]}] of ${one.type}, those of ${other.path} [${shapes[1]}] of ` +
      `${other.type}; give two parts of the same data set.`;
    throw new UserError('DATA_MISMATCH', message);
  }
}

function samplesOf(
  { features, targets, weights }: Arrays,
  spec: Pick<NpyDataSpec, 'task' | 'standardize' | 'scale'> & { classes: number },
): Samples {
  const samples = {
    path: features.path,
    count: features.shape[0] ?? 0,
    features: featuresOf(features, spec.standardize ? undefined : spec.scale),
    targets: spec.task === 'classes' ? classesOf(targets, spec.classes) : valuesOf(targets),
  };
  if (weights === undefined) return samples;
  const { path } = weights;
  const place = (index: number) => `${path}, sample ${index}`;
  const values = new Float32Array(float32Of(weights));
  return { ...samples, weights: sampleWeights(values, { path, place }) };
}

/** Rows of an array: bytes stay bytes where a scale for them is given. */
export function featuresOf(array: NpyArray, scale: 'unit' | 'none' | undefined): Features {
  const width = sampleWidth(array.shape);
  if (array.type === 'u1' && scale !== undefined) return { kind: 'u8', scale, width, rows: array.buffer };
  return { kind: 'f32', width, rows: float32Of(array) };
}

function valuesOf(array: NpyArray): Targets {
  return { kind: 'values', width: sampleWidth(array.shape), rows: float32Of(array) };
}

/** Elements of [samples] integers; DATA_MISMATCH for anything else. */
function classNumbers(array: NpyArray) {
  const { path, type, shape } = array;
  if (type === 'f4' || type === 'f8' || sampleWidth(shape) !== 1) {
    const message =
      `${path} holds [${shape.join(' x ')}] of ${type}, but classes are one integer per sample; save ` +
      'a.astype("int64"), or set "task" to "values".';
    throw new UserError('DATA_MISMATCH', message);
  }
  return elementsOf(array);
}

function largestClass(array: NpyArray): number {
  let largest = 0;
  for (const element of classNumbers(array)) if (element > largest) largest = Number(element);
  return largest;
}

function classesOf(array: NpyArray, classes: number): Targets {
  const elements = classNumbers(array);
  const rows = new SharedArrayBuffer(4 * elements.length);
  const indices = new Uint32Array(rows);
  for (let i = 0; i < indices.length; i++) {
    const element = Number(elements[i]);
    if (!(element >= 0 && element < classes)) {
      const remedy =
        element < 0
          ? 'number classes from 0'
          : `set "classes" to at least ${element + 1} or correct the file`;
      const message = `Class ${element} of sample ${i} in ${array.path} is not below the number of classes, ${classes}; ${remedy}.`;
      throw new UserError('DATA_LABEL_RANGE', message);
    }
    indices[i] = element;
  }
  return { kind: 'classes', classes, names: classNames(classes), rows };
}

/** Standardizes features and targets in place, by the rows of the training part, and says what was done. */
function fit(
  { all, own, rows }: { all: Samples; own: Samples | undefined; rows: Uint32Array },
  spec: Pick<NpyDataSpec, 'standardize' | 'standardizeTargets'>,
): { input: InputEncoding; target: TargetEncoding } {
  const { features, targets } = all;
  const { width } = features;
  const fitted = (part: 'features' | 'targets', width: number) => {
    const moments = momentsOfRows({ rows: all[part].rows, width }, rows);
    for (const samples of own === undefined ? [all] : [all, own]) {
      const far = standardizeRows(samples[part].rows, moments);
      if (far === -1) continue;
      const message =
        `The ${part} of sample ${far} of ${samples.path} are too far from the training part to be standardized; ` +
        'correct them, or standardize nothing.';
      throw new UserError('DATA_NOT_A_NUMBER', message);
    }
    return moments;
  };
  const input: InputEncoding =
    features.kind === 'u8'
      ? { kind: 'bytes', width, scale: features.scale }
      : { kind: 'numbers', width, ...(spec.standardize ? fitted('features', width) : {}) };
  if (targets.kind === 'classes') return { input, target: { kind: 'classes', names: targets.names } };
  const names = Array.from({ length: targets.width }, (_, index) => String(index));
  const moments = spec.standardizeTargets ? fitted('targets', targets.width) : {};
  return { input, target: { kind: 'values', names, ...moments } };
}
