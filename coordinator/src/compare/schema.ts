/**
 * The comparison document, as one strict zod schema: which keys exist, what they mean, which values they take and
 * what stands in for an absent one. In: a plain value; out: the same value with defaults filled in. What depends on
 * the configuration below it (`base`) is checked in document.ts.
 */

import * as z from 'zod';
import { COUNT_MAX, count, whole } from '../config/data-schema.ts';
import { RUN_NAME } from '../config/schema.ts';
import { strategyNames } from './strategies.ts';

/** As many cores as a machine may have; a larger number is a mistake. */
const THREADS_MAX = 1024;

const rate = () => z.number().gt(0);

const policies = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('fixed').describe('The same learning rate for all.') }),
    z.strictObject({
      type: z.literal('linear').describe('In proportion to the batch size (Goyal et al. 2017).'),
      referenceBatchSize: count().describe('The batch size that has the learning rate itself. Required.'),
      warmupEpochs: z.number().min(0).optional().describe('Replaces schedule.warmupEpochs of the base.'),
    }),
    z.strictObject({
      type: z.literal('squareRoot').describe('In proportion to its square root (Krizhevsky 2014).'),
      referenceBatchSize: count().describe('The batch size that has the learning rate itself. Required.'),
      warmupEpochs: z.number().min(0).optional().describe('Replaces schedule.warmupEpochs of the base.'),
    }),
    z.strictObject({
      type: z
        .literal('search')
        .describe('A short run for each factor; the best by the loss of the validation part.'),
      factors: z.array(rate()).min(1).describe('What the learning rate is multiplied by. Required.'),
      searchEpochs: count().default(1).describe('Epochs of each short run. Default 1.'),
    }),
  ])
  .default({ type: 'fixed' })
  .describe('How the learning rate follows the batch size. Default { "type": "fixed" }.');

const target = z
  .strictObject({
    metric: z.enum(['testAccuracy', 'testLoss']).describe('What is looked at when an epoch ends. Required.'),
    value: z.number().describe('A share from 0 to 1 for the accuracy. Required.'),
  })
  .optional()
  .describe('What the cells are timed to. Default: none.');

export const compareSchema = z
  .strictObject({
    name: z
      .string()
      .max(100)
      .regex(
        RUN_NAME,
        'must start with a letter or a digit and go on with letters, digits, spaces, dots, _ or -',
      )
      .optional()
      .describe('Default: the name of the file.'),
    base: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())])
      .describe('A training configuration, or the path of one relative to this file. Required.'),
    strategies: z
      .array(z.enum(strategyNames))
      .default([...strategyNames])
      .describe('What is compared. Default: all.'),
    batchSizes: z
      .array(z.union([count(), z.literal('all')]))
      .default([1, 8, 32, 128, 1000, 'all'])
      .describe(
        'Samples of a step, for the strategies that have a choice. Default [1, 8, 32, 128, 1000, "all"].',
      ),
    learningRates: z.array(rate()).optional().describe("Default: the base's alone."),
    learningRatePolicy: policies,
    threads: z
      .array(whole().min(1).max(THREADS_MAX))
      .optional()
      .describe('Numbers of threads. They change times, never results. Default: what the command is given.'),
    seeds: z
      .array(whole().min(0).max(Number.MAX_SAFE_INTEGER))
      .default([1, 2, 3])
      .describe('Each cell is run with each. Default [1, 2, 3].'),
    epochs: count().default(5).describe('Passes over the training part, the same for all. Default 5.'),
    target,
    budgetSeconds: z
      .number()
      .gt(0)
      .max(COUNT_MAX)
      .optional()
      .describe('The comparison is refused if it would take longer. Default: no bound.'),
  })
  .describe('A comparison of strategies.');

export type ParsedComparison = z.output<typeof compareSchema>;
export type BatchSize = ParsedComparison['batchSizes'][number];
export type LearningRatePolicy = ParsedComparison['learningRatePolicy'];
export type Target = NonNullable<ParsedComparison['target']>;
