/**
 * The configuration file, as one strict zod schema: which keys exist, what they mean, which values they take
 * and what stands in for an absent one. In: a plain value; out: the same value with independent defaults filled
 * in. Defaults that depend on other settings (shardSize, initializer, loss, name) are filled in by resolve.ts.
 * The published JSON schema is made from the descriptions below, so each says meaning, unit and default.
 */

import type { Activation, BiasMode, Initializer, Loss } from '@hivegrad/shared/model/spec';
import * as z from 'zod';
import { COUNT_MAX, count, dataSchema, whole } from './data-schema.ts';

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

/** Below it a float32 loses precision and at last becomes 0, and 0 / 0 is not a number. */
const FLOAT32_NORMAL_MIN = 1.1754943508222875e-38;

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

const fraction = () => z.number().min(0).lt(1);

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

const model = z
  .strictObject({
    layers: z
      .array(z.discriminatedUnion('type', [denseLayer]))
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

const learningRate = (value: number) =>
  z
    .number()
    .gt(0)
    .default(value)
    .describe(`Length of a step, eta of w <- w - eta * dJ/dw, above 0. Default ${value}.`);
const weightDecay = (value: number, how: string) =>
  z.number().min(0).default(value).describe(`L2 regularisation, 0 or more: ${how}. Default ${value}.`);
const epsilon = (value: number) =>
  z
    .number()
    .min(FLOAT32_NORMAL_MIN)
    .default(value)
    .describe(`Added to the denominator so that it is never 0. Default ${value}.`);

const INTO_THE_GRADIENT = 'it adds weightDecay * w to the gradient';
const moments = {
  beta1: fraction().default(0.9).describe('Decay of the mean of the gradients, in [0, 1). Default 0.9.'),
  beta2: fraction().default(0.999).describe('Decay of the mean of their squares, in [0, 1). Default 0.999.'),
  epsilon: epsilon(1e-8),
};

const sgd = z
  .strictObject({
    type: z.literal('sgd').describe('Gradient descent, with momentum where that is above 0.'),
    learningRate: learningRate(0.01),
    momentum: fraction().default(0).describe('Share of the last step that is kept, in [0, 1). Default 0.'),
    nesterov: z.boolean().default(false).describe("Nesterov's momentum. Default false."),
    weightDecay: weightDecay(0, INTO_THE_GRADIENT),
  })
  .describe('Gradient descent.');
const adam = z
  .strictObject({
    type: z.literal('adam').describe('Adam (Kingma & Ba 2015).'),
    learningRate: learningRate(0.001),
    ...moments,
    weightDecay: weightDecay(0, INTO_THE_GRADIENT),
  })
  .describe('Adam.');
const adamw = z
  .strictObject({
    type: z.literal('adamw').describe('Adam with decoupled weight decay (Loshchilov & Hutter 2019).'),
    learningRate: learningRate(0.001),
    ...moments,
    weightDecay: weightDecay(0.01, 'it shrinks the weights apart from the gradient'),
  })
  .describe('AdamW.');
const rmsprop = z
  .strictObject({
    type: z.literal('rmsprop').describe('RMSprop (Tieleman & Hinton 2012).'),
    learningRate: learningRate(0.001),
    decay: fraction()
      .default(0.9)
      .describe('Decay of the mean of squared gradients, in [0, 1). Default 0.9.'),
    epsilon: epsilon(1e-8),
    weightDecay: weightDecay(0, INTO_THE_GRADIENT),
  })
  .describe('RMSprop.');
const adagrad = z
  .strictObject({
    type: z.literal('adagrad').describe('Adagrad (Duchi et al. 2011).'),
    learningRate: learningRate(0.01),
    epsilon: epsilon(1e-10),
    weightDecay: weightDecay(0, INTO_THE_GRADIENT),
  })
  .describe('Adagrad.');

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
    data: dataSchema,
    model,
    optimizer: z
      .discriminatedUnion('type', [sgd, adam, adamw, rmsprop, adagrad])
      .prefault({ type: 'adam' })
      .describe('The training algorithm. Default {"type": "adam"} with a learning rate of 0.001.'),
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

/** What a person may write. */
export type ConfigInput = z.input<typeof configSchema>;
/** The same with independent defaults filled in. */
export type ParsedConfig = z.output<typeof configSchema>;
