/**
 * The `optimizer`, `schedule` and `clipping` parts of the configuration file: how the mean gradient of a step
 * becomes new weights. In: what people write; out: the same with independent defaults filled in.
 */

import * as z from 'zod';

/** Below it a float32 loses precision and at last becomes 0, and 0 / 0 is not a number. */
const FLOAT32_NORMAL_MIN = 1.1754943508222875e-38;

export const fraction = () => z.number().min(0).lt(1);

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

export const optimizerSchema = z
  .discriminatedUnion('type', [sgd, adam, adamw, rmsprop, adagrad])
  .prefault({ type: 'adam' })
  .describe('The training algorithm. Default {"type": "adam"} with a learning rate of 0.001.');

const warmupEpochs = z
  .number()
  .min(0)
  .default(0)
  .describe(
    'Epochs, parts of one included, over which the learning rate rises linearly to its full value; the schedule ' +
      'begins after them. Default 0.',
  );
const everyEpochs = (value: number) =>
  z.number().gt(0).default(value).describe(`Epochs per factor, parts of one included. Default ${value}.`);
const factor = (value: number) =>
  z.number().gt(0).lte(1).default(value).describe(`In (0, 1]. Default ${value}.`);

const constant = z
  .strictObject({ type: z.literal('constant').describe('The same rate throughout.'), warmupEpochs })
  .describe('The same learning rate throughout.');
const staircase = z
  .strictObject({
    type: z.literal('step').describe('Times factor, every everyEpochs at once.'),
    everyEpochs: everyEpochs(10),
    factor: factor(0.1),
    warmupEpochs,
  })
  .describe('A learning rate that falls at once every so many epochs.');
const exponential = z
  .strictObject({
    type: z.literal('exponential').describe('Times factor every everyEpochs, smoothly with each step.'),
    everyEpochs: everyEpochs(1),
    factor: factor(0.9),
    warmupEpochs,
  })
  .describe('A learning rate that falls with each step.');
const cosine = z
  .strictObject({
    type: z.literal('cosine').describe('Half a cosine over the run (Loshchilov & Hutter 2017).'),
    finalFraction: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Share of the learning rate that is left at the end, in [0, 1]. Default 0.'),
    warmupEpochs,
  })
  .describe('A learning rate that falls along half a cosine.');

export const scheduleSchema = z
  .discriminatedUnion('type', [constant, staircase, exponential, cosine])
  .prefault({ type: 'constant' })
  .describe('The learning rate over the run. Default {"type": "constant"}.');

const limit = () => z.number().gt(0).describe('Above 0. Required.');

export const clippingSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none').describe('No clipping.') }).describe('No clipping.'),
    z
      .strictObject({
        type: z.literal('value').describe('Limits each element of the gradient to [-limit, limit].'),
        limit: limit(),
      })
      .describe('Clipping by value.'),
    z
      .strictObject({
        type: z
          .literal('norm')
          .describe('Scales the gradient where its norm is above limit (Pascanu et al. 2013).'),
        limit: limit(),
      })
      .describe('Clipping by the norm over all parameters.'),
  ])
  .prefault({ type: 'none' })
  .describe('What limits the mean gradient of a step. Default {"type": "none"}.');
