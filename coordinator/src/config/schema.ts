/**
 * The configuration file, as one strict zod schema: which keys exist, what they mean, which values they take
 * and what stands in for an absent one. In: a plain value; out: the same value with independent defaults filled
 * in. Defaults that depend on other settings (shardSize, initializer, loss, name) are filled in by resolve.ts.
 * The published JSON schema is made from the descriptions below, so each says meaning, unit and default.
 */

import type { Activation, BiasMode, Initializer, LayerSpec, Loss } from '@hivegrad/shared/model/spec';
import { DESCRIPTION_LENGTH_MAX } from '@hivegrad/shared/protocol/limits';
import * as z from 'zod';
import { COUNT_MAX, count, dataSchema, whole } from './data-schema.ts';
import { clippingSchema, fraction, optimizerSchema, scheduleSchema } from './optimizer-schema.ts';

/**
 * The initialiser of a layer that names none. He et al. (2015) derived theirs for units that are zero for half
 * of their inputs, which the rectifier and its smooth relatives share; Glorot & Bengio (2010) assume a
 * derivative near 1 at 0, which fits the identity and the saturating functions.
 */
export const DEFAULT_INITIALIZER: Readonly<Record<Activation, Initializer>> = {
  identity: 'glorotUniform',
  relu: 'heNormal',
  leakyRelu: 'heNormal',
  elu: 'heNormal',
  gelu: 'heNormal',
  silu: 'heNormal',
  sigmoid: 'glorotUniform',
  tanh: 'glorotUniform',
  softplus: 'glorotUniform',
};

/** A run's name becomes the name of a directory, so it holds no separators and starts with no dot. */
export const RUN_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u;
const RUN_NAME_LENGTH_MAX = 100;

const BIAS_MODES = ['unit', 'layer', 'none'] as const satisfies readonly BiasMode[];
const INITIALIZERS = [
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
] as const satisfies readonly Initializer[];
const LOSSES = [
  'squaredError',
  'softmaxCrossEntropy',
  'binaryCrossEntropy',
] as const satisfies readonly Loss[];

const dropoutLayer = z
  .strictObject({
    type: z.literal('dropout').describe('Dropout (Srivastava et al. 2014).'),
    rate: fraction().describe('Probability with which a value is zeroed in training, in [0, 1). Required.'),
  })
  .describe(
    'In training zeroes values at random and scales the others; it changes nothing in an evaluation.',
  );

const denseLayer = z
  .strictObject({
    type: z.literal('dense').describe('A fully connected layer: h = sigma(W x + b).'),
    units: count().describe('Number of outputs. Required.'),
    activation: z
      .enum(Object.keys(DEFAULT_INITIALIZER) as Activation[])
      .default('identity')
      .describe(
        'sigma, applied to every unit. Default "identity", which the last layer needs under a cross-entropy.',
      ),
    bias: z
      .enum(BIAS_MODES)
      .default('unit')
      .describe(
        '"unit" is one bias per unit, "layer" one shared by the layer, "none" leaves it out. Default "unit".',
      ),
    initializer: z
      .enum(INITIALIZERS)
      .optional()
      .describe(
        'Distribution of the first weights. Default "heNormal" for relu, leakyRelu, elu, gelu and silu, ' +
          '"glorotUniform" for the other activations.',
      ),
  })
  .describe('A fully connected layer.');

export const modelSchema = z
  .strictObject({
    layers: z
      .array(z.discriminatedUnion('type', [denseLayer, dropoutLayer]))
      .min(1)
      .describe('The layers from the input to the output; the input size comes from the data. Required.'),
    loss: z
      .enum(LOSSES)
      .optional()
      .describe(
        'What training minimises. Default "softmaxCrossEntropy" where the targets are classes, "squaredError" ' +
          'where they are values. The cross-entropies take logits.',
      ),
  })
  .describe('The network and its loss. Required.');

const earlyStopping = z
  .strictObject({
    patience: count()
      .default(5)
      .describe('Epochs without an improvement after which the run ends. Default 5.'),
    minDelta: z
      .number()
      .min(0)
      .default(0)
      .describe('An epoch is better only if it improves the metric by more than this. Default 0.'),
    metric: z
      .enum(['loss', 'accuracy'])
      .default('loss')
      .describe(
        'What is compared: the mean "loss" of the validation part, or its "accuracy" where the loss counts correct ' +
          'answers. Default "loss".',
      ),
  })
  .nullable()
  .default(null)
  .describe(
    'Ends the run when the validation part no longer improves, and keeps the best weights; null trains all epochs ' +
      'and keeps the last weights. It needs a validationFraction above 0. Default null.',
  );

/** The whole file. Its input side is what people write, its output side what resolve.ts starts from. */
export const configSchema = z
  .strictObject({
    $schema: z
      .string()
      .optional()
      .describe('Where an editor finds the schema of this file. It changes nothing.'),
    name: z
      .string()
      .max(RUN_NAME_LENGTH_MAX)
      .regex(
        RUN_NAME,
        'must start with a letter or a digit and go on with letters, digits, spaces, dots, _ or -',
      )
      .optional()
      .describe('Name of the run, at most 100 characters. Default: the name of the configuration file.'),
    description: z
      .string()
      .max(DESCRIPTION_LENGTH_MAX)
      .default('')
      .describe(
        'What the run is for, as people read it who lend a browser or a machine to it; at most 1,000 characters. ' +
          'Default "".',
      ),
    data: dataSchema,
    model: modelSchema,
    optimizer: optimizerSchema,
    schedule: scheduleSchema,
    clipping: clippingSchema,
    classWeights: z
      .union([
        z.literal('balanced'),
        z.array(z.number().min(0)).min(1),
        z.record(z.string(), z.number().min(0)),
      ])
      .nullable()
      .default(null)
      .describe(
        'By what the loss of a training sample is multiplied, by its class: a number for each class in order, or an ' +
          'object from class names to numbers (1 for those it leaves out), or "balanced", which is the number of ' +
          'samples / (classes * samples of the class). Default null, which is 1 for all.',
      ),
    batchSize: count().default(64).describe('Samples per mini-batch, which is one step. Default 64.'),
    shardSize: count()
      .optional()
      .describe(
        'Samples per shard, the least that one worker computes; at most batchSize. It decides the order of ' +
          'summation and so the last bits of the result. Default min(batchSize, max(16, ceil(batchSize / 16))).',
      ),
    epochs: count().default(10).describe('Number of passes over the training part. Default 10.'),
    seed: whole()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(1)
      .describe('Decides the first weights and the order of the samples; 0 to 2^53 - 1. Default 1.'),
    validationFraction: fraction()
      .default(0)
      .describe(
        'Share of the training part, drawn by the seed, that is not trained on but evaluated after each epoch, in ' +
          '[0, 1); 0 has no validation part. Default 0.',
      ),
    earlyStopping,
    checkpointSeconds: z
      .number()
      .gt(0)
      .default(60)
      .describe('Longest time between two checkpoints, in seconds. Default 60.'),
    checkpointsKept: whole()
      .min(2)
      .max(COUNT_MAX)
      .default(2)
      .describe('Number of newest checkpoints to keep, at least 2, so that one may be damaged. Default 2.'),
    metricsEvery: count()
      .nullable()
      .default(null)
      .describe('Steps between two lines of metrics; null writes 20 lines per epoch. Default null.'),
  })
  .describe('Configuration of a hivegrad training run.');

/** What a configuration says once independent defaults are filled in. */
export type ParsedConfig = z.output<typeof configSchema>;

/** A layer with the defaults that depend on its other settings. */
export function completeLayer(layer: z.output<typeof modelSchema>['layers'][number]): LayerSpec {
  if (layer.type !== 'dense') return layer;
  return { ...layer, initializer: layer.initializer ?? DEFAULT_INITIALIZER[layer.activation] };
}
