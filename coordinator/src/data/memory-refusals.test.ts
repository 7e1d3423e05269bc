import { describe, expect, it } from 'vitest';
import { failureOf } from './fixtures.test.support.ts';
import { loadMemory } from './memory-load.ts';
import type { MemoryParts } from './memory-parts.ts';
import type { MemoryDataSpec } from './spec.ts';

const DEFAULTS = {
  testFraction: 0.25,
  task: 'classes',
  standardize: false,
  standardizeTargets: false,
  scale: 'unit',
} as const;
// biome-ignore format: a table
const TRAIN = { features: [[1, 10], [3, 0.1], [5, 10], [7, -10]], targets: [0, 2, 1, 2] };

type Settings = Partial<Omit<MemoryDataSpec, 'kind'>> & { memoryBytes?: number };

/** What is said of arrays that only a caller without types can pass; `@` stands for the training part. */
async function failure(memory: unknown, { memoryBytes = 2 ** 20, ...settings }: Settings = {}) {
  const load = { seed: 1, memory: memory as MemoryParts, memoryBytes };
  const work = Promise.resolve().then(() => loadMemory({ ...DEFAULTS, ...settings }, load));
  return (await failureOf(work, 'no directory')).replaceAll('options.data.train.', '@.');
}

const changed = (changes: object) => ({ train: { ...TRAIN, ...changes } });
const tested = (changes: object) => ({ train: TRAIN, test: { ...TRAIN, ...changes } });
const names = (...targets: unknown[]) => changed({ targets });

/** How several sentences end. */
const ROWS = 'give one list of numbers for each sample, or one typed array for all with its width.';
const CLASSES = 'give one number from 0, or one name, for each sample.';

describe('loadMemory refuses', () => {
  // biome-ignore format: a table
  it.each<[string, unknown, string]>([
    ['no object', [], 'CONFIG_INVALID options.data is a list, not an object; pass { data: { train: { features, targets } } }.'],
    ['no training part', {}, 'CONFIG_INVALID options.data.train is missing; pass { data: { train: { features, targets } } }.'],
    ['an unknown part', { ...changed({}), valid: TRAIN }, 'CONFIG_UNKNOWN_KEY options.data.valid is unknown; options.data has train, test.'],
    ['an unknown key', changed({ label: [1] }), 'CONFIG_UNKNOWN_KEY @.label is unknown; options.data.train has features, width, targets, weights.'],
    ['weights of the test part', tested({ weights: [1] }), 'CONFIG_INVALID options.data.test.weights: weights count in training alone; leave them out.'],
    ['no features', changed({ features: undefined }), `DATA_MISSING @.features is missing; ${ROWS}`],
    ['the path of a file', changed({ features: 'x.npy' }), `DATA_FORMAT @.features is "x.npy"; ${ROWS}`],
    ['bigints', changed({ features: new BigInt64Array(8), width: 2 }), `DATA_FORMAT @.features is a BigInt64Array; ${ROWS}`],
    ['no samples', changed({ features: [] }), 'DATA_EMPTY @.features is empty; give one sample at least.'],
    ['samples of nothing', changed({ features: [[], []] }), 'DATA_EMPTY @.features, sample 0 is empty; give one number at least for each sample.'],
    ['ragged rows', changed({ features: [[1, 2], [3]] }), 'DATA_MISMATCH @.features, sample 1 has the width 1, but sample 0 has 2; give all samples the same width.'],
    ['rows of another width', changed({ width: 3 }), 'DATA_MISMATCH @.features, sample 0 has the width 2, but it should be 3; give all samples the same width.'],
    ['nested rows', changed({ features: [[[1, 2]]] }), 'DATA_FORMAT @.features, sample 0, value 0 is a list, not a number; correct it.'],
    ['a hole', changed({ features: [[1, 2], undefined] }), `DATA_FORMAT @.features, sample 1 is undefined; ${ROWS}`],
    ['texts', changed({ features: [[1, '2']] }), 'DATA_FORMAT @.features, sample 0, value 1 is "2", not a number; correct it.'],
    ['NaN', changed({ features: [[1, 2], [Number.NaN, 3]] }), 'DATA_NOT_A_NUMBER @.features, sample 1, value 0: NaN is not a finite float32; replace it, or drop the sample.'],
    ['infinity', changed({ features: Float32Array.of(1, 2, 3, -Infinity), width: 2 }), 'DATA_NOT_A_NUMBER @.features, sample 1, value 1: -Infinity is not a finite float32; replace it, or drop the sample.'],
    ['what float32 cannot hold', changed({ features: Float64Array.of(1, 1e39), width: 1 }), 'DATA_NOT_A_NUMBER @.features, sample 1, value 0: 1e+39 is not a finite float32; replace it, or drop the sample.'],
    ['one array without a width', changed({ features: new Float32Array(1000) }), 'DATA_FORMAT @.features is one array of 1,000 numbers; say by width how many of them are a sample, or give one list for each.'],
    ['a width that does not divide', changed({ features: new Float32Array(7), width: 2 }), 'DATA_MISMATCH @.features holds 7 numbers, which are no whole samples of 2; correct it or its width.'],
    ['half a width', changed({ features: new Float32Array(7), width: 3.5 }), 'CONFIG_INVALID @.width must be a whole number above 0, but is 3.5.'],
    ['too few targets', names(0, 1, 2), 'DATA_MISMATCH @.features holds 4 samples but @.targets holds 3; give arrays of the same samples.'],
    ['no targets', changed({ targets: null }), `DATA_MISSING @.targets is missing; ${CLASSES}`],
    ['empty targets', names(), 'DATA_EMPTY @.targets is empty; give one for each sample.'],
    ['half a class', names(0, 1.5, 2, 0), 'DATA_LABEL_RANGE @.targets, sample 1: 1.5 is no class; number classes by whole numbers from 0, or set "task" to "values".'],
    ['a negative class', names(0, -1, 2, 0), 'DATA_LABEL_RANGE Class -1 of sample 1 in @.targets is not below the number of classes, 3; number classes from 0.'],
    ['a class that is an amount', names(0, 2 ** 30, 2, 0), 'DATA_LABEL_RANGE @.targets holds the class 1073741824, so there would be 1,073,741,825 classes; number classes from 0 without gaps, or set "classes".'],
    ['one-hot rows', names([1, 0], [0, 1], [1, 0], [1, 0]), `DATA_FORMAT @.targets, sample 0 is a list; ${CLASSES}`],
    ['names after numbers', names(0, 'elm', 2, 0), 'DATA_LABEL_RANGE @.targets, sample 1 is the name "elm", but the classes are numbers; give numbers, or set "classes" to the list of names.'],
    ['numbers after names', names('elm', 1, 'oak', 'elm'), 'DATA_LABEL_RANGE @.targets, sample 1 is the number 1, but the classes are names; give names, or set "classes" to the list of names.'],
    ['a blank name', names('elm', ' ', 'oak', 'elm'), 'DATA_LABEL_RANGE @.targets, sample 1 is a blank name; give the class a name, or drop the sample.'],
    ['a class that training lacks', { ...names('a', 'b', 'a', 'b'), test: { features: [[1, 2]], targets: ['c'] } }, 'DATA_LABEL_RANGE options.data.test.targets, sample 0: the class "c" does not occur in the training part; correct it, or set "classes" to all names.'],
    ['a test part of another width', tested({ features: [[1]], targets: [0] }), 'DATA_MISMATCH Samples of @.features are [2] of f4, those of options.data.test.features [1] of f4; give two parts of the same data set.'],
    ['a negative weight', changed({ weights: [1, -1, 1, 1] }), 'DATA_WEIGHT @.weights, sample 1: the weight -1 is not a number of 0 or more; correct it.'],
    ['too many weights', changed({ weights: [1, 1, 1, 1, 1] }), 'DATA_MISMATCH @.features holds 4 samples but @.weights holds 5; give arrays of the same samples.'],
  ])('%s', async (_, memory, said) => {
    expect(await failure(memory)).toBe(said);
  });

  // biome-ignore format: a table
  it.each<[string, unknown, Settings, string]>([
    ['names as values', names('a', 'b', 'a', 'b'), { task: 'values' }, 'DATA_MISMATCH @.targets holds names, but the task is "values"; give numbers, or set "task" to "classes".'],
    ['too few values', names(1, 2, 3), { task: 'values' }, 'DATA_MISMATCH @.targets holds 3 numbers for 4 samples; give one number, or one list of numbers, for each sample.'],
    ['another number of names', names('a', 'b', 'a', 'b'), { classes: 3 }, 'DATA_MISMATCH @.targets has 2 different names, but "classes" is 3; set "classes" to the list of names, or leave it out.'],
    ['a name that is not given', names('a', 'b', 'a', 'b'), { classes: ['a', 'c'] }, 'DATA_LABEL_RANGE @.targets, sample 1: the class "b" is not in "classes"; correct it, or add it there.'],
    ['a class above their number', changed({}), { classes: 2 }, 'DATA_LABEL_RANGE Class 2 of sample 1 in @.targets is not below the number of classes, 2; set "classes" to at least 3, or correct it.'],
    ['a class above the names', changed({}), { classes: ['a', 'b'] }, 'DATA_LABEL_RANGE Class 2 of sample 1 in @.targets is not below the number of classes, 2; add its name to "classes", or correct it.'],
    ['more than the memory', changed({}), { memoryBytes: 31 }, 'DATA_TOO_LARGE @.features does not fit in memory: 4 x 2 numbers take 32 bytes, and there are 31 bytes; use fewer rows or columns, or a larger machine.'],
  ])('%s', async (_, memory, settings, said) => {
    expect(await failure(memory, settings)).toBe(said);
  });
});
