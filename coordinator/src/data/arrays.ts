/**
 * Samples that are arrays of numbers, from files or from a program. In: arrays of a training and perhaps a test part,
 * and how they are meant; out: the parts. Features of any shape, [samples, ...], are flattened to rows; targets are
 * [samples] or [samples, k], weights [samples]. Unsigned bytes stay bytes unless they are standardized; everything
 * else is float32. What comes out depends on the values alone, not on where they were.
 */

import type {
  DataSplit,
  Features,
  InputEncoding,
  TargetEncoding,
  Targets,
} from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { formatCount } from './describe.ts';
import { classNames, sampleWidth } from './idx.ts';
import { elementsOf, float32Of, type NpyArray } from './npy.ts';
import { cutSamples, datasetOf, type Samples } from './samples.ts';
import type { LoadOptions, NpyDataSpec } from './spec.ts';
import { momentsOfRows, standardizeRows } from './standardize.ts';
import { sampleWeights } from './weights.ts';

export interface Arrays {
  readonly features: NpyArray;
  readonly targets: NpyArray;
  readonly weights?: NpyArray;
}

export interface ArraySettings
  extends Pick<NpyDataSpec, 'task' | 'testFraction' | 'standardize' | 'standardizeTargets' | 'scale'> {
  /** Number of classes, or their names; absent: the largest class of the training part plus one. */
  readonly classes?: number | readonly string[];
}

/** Classes that nobody announced: a number beyond this is more likely something else than a class. */
const INFERRED_CLASSES_MAX = 2 ** 20;

/**
 * Makes the parts; `test` absent: a testFraction of `train`. The memory of the arrays is taken over, and changed.
 * Errors: DATA_MISMATCH (shapes), DATA_LABEL_RANGE, DATA_NOT_A_NUMBER, DATA_WEIGHT.
 */
export function splitArrays(
  { train, test }: { train: Arrays; test: Arrays | undefined },
  settings: ArraySettings,
  load: LoadOptions,
): Omit<DataSplit, 'description'> {
  if (test !== undefined) requireSameShape(train, test);
  const names = settings.task === 'classes' ? namesOfClasses(settings.classes, train.targets) : [];
  const named = typeof settings.classes === 'object';
  const toSamples = (arrays: Arrays) => samplesOf(arrays, { ...settings, names, named });
  const all = toSamples(train);
  const own = test === undefined ? undefined : toSamples(test);
  const cut = cutSamples(all, test === undefined ? { ...load, testFraction: settings.testFraction } : load);
  const encoding = fit({ all, own, rows: cut.train }, settings);
  return {
    train: datasetOf(all, { rows: cut.train, weighted: true }),
    ...(cut.validation === undefined ? {} : { validation: datasetOf(all, { rows: cut.validation }) }),
    test: datasetOf(own ?? all, { rows: cut.test }),
    encoding,
  };
}

/** Whether arrays are of the same samples, and targets and weights of a shape that is theirs; else DATA_MISMATCH. */
export function requireSamples({ features, targets, weights }: Arrays): void {
  requireCount(features, targets);
  if (targets.shape.length > 2) {
    const message = `${targets.path} has the shape [${targets.shape.join(' x ')}]; targets are [samples] or [samples x values].`;
    throw new UserError('DATA_MISMATCH', message);
  }
  if (weights === undefined) return;
  requireCount(features, weights);
  if (sampleWidth(weights.shape) !== 1) {
    const message = `${weights.path} has the shape [${weights.shape.join(' x ')}]; weights are one number per sample.`;
    throw new UserError('DATA_MISMATCH', message);
  }
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

interface ClassNames {
  readonly names: readonly string[];
  /** Whether somebody gave the names, rather than a number of classes. */
  readonly named: boolean;
}

function namesOfClasses(classes: ArraySettings['classes'], targets: NpyArray): readonly string[] {
  if (typeof classes === 'object') return classes;
  if (classes !== undefined) return classNames(classes);
  const largest = largestClass(targets);
  if (largest < INFERRED_CLASSES_MAX) return classNames(largest + 1);
  const message =
    `${targets.path} holds the class ${largest}, so there would be ${formatCount(largest + 1)} classes; number ` +
    'classes from 0 without gaps, or set "classes".';
  throw new UserError('DATA_LABEL_RANGE', message);
}

function samplesOf({ features, targets, weights }: Arrays, settings: ArraySettings & ClassNames): Samples {
  const { standardize, scale, task } = settings;
  const samples = {
    path: features.path,
    count: features.shape[0] ?? 0,
    features: featuresOf(features, standardize ? undefined : scale),
    targets: task === 'classes' ? classesOf(targets, settings) : valuesOf(targets),
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

function classesOf(array: NpyArray, { names, named }: ClassNames): Targets {
  const classes = names.length;
  const elements = classNumbers(array);
  const rows = new SharedArrayBuffer(4 * elements.length);
  const indices = new Uint32Array(rows);
  for (let i = 0; i < indices.length; i++) {
    const element = Number(elements[i]);
    if (!(element >= 0 && element < classes)) {
      const more = named ? 'add its name to "classes"' : `set "classes" to at least ${element + 1}`;
      const remedy = element < 0 ? 'number classes from 0' : `${more}, or correct it`;
      const message = `Class ${element} of sample ${i} in ${array.path} is not below the number of classes, ${classes}; ${remedy}.`;
      throw new UserError('DATA_LABEL_RANGE', message);
    }
    indices[i] = element;
  }
  return { kind: 'classes', classes, names, rows };
}

/** Standardizes features and targets in place, by the rows of the training part, and says what was done. */
function fit(
  { all, own, rows }: { all: Samples; own: Samples | undefined; rows: Uint32Array },
  settings: Pick<ArraySettings, 'standardize' | 'standardizeTargets'>,
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
      : { kind: 'numbers', width, ...(settings.standardize ? fitted('features', width) : {}) };
  if (targets.kind === 'classes') return { input, target: { kind: 'classes', names: targets.names } };
  const names = Array.from({ length: targets.width }, (_, index) => String(index));
  const moments = settings.standardizeTargets ? fitted('targets', targets.width) : {};
  return { input, target: { kind: 'values', names, ...moments } };
}
