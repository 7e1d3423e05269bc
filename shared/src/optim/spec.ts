/** The description of a training algorithm, of its learning rate over time and of clipping, with every default filled in. */

export type OptimizerSpec =
  | {
      readonly type: 'sgd';
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
  | {
      readonly type: 'adam' | 'adamw';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      /** `adam` adds it to the gradient, `adamw` shrinks the weights (Loshchilov & Hutter 2019). */
      readonly weightDecay: number;
    }
  | {
      readonly type: 'rmsprop';
      readonly learningRate: number;
      readonly decay: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | {
      readonly type: 'adagrad';
      readonly learningRate: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

/**
 * The learning rate over time, in steps. It rises linearly over the first `warmupSteps`; the schedule begins after
 * them.
 */
export type ScheduleSpec =
  | { readonly type: 'constant'; readonly warmupSteps: number }
  /** Times `factor` every `everySteps`: at once (`step`), or smoothly with each step (`exponential`). */
  | {
      readonly type: 'step' | 'exponential';
      readonly warmupSteps: number;
      readonly everySteps: number;
      readonly factor: number;
    }
  /** Half a cosine from the full rate to `finalFraction` of it at step `totalSteps` (Loshchilov & Hutter 2017). */
  | {
      readonly type: 'cosine';
      readonly warmupSteps: number;
      readonly totalSteps: number;
      readonly finalFraction: number;
    };

/** The learning rate of the optimizer at every step. */
export const constantRate: ScheduleSpec = { type: 'constant', warmupSteps: 0 };

/**
 * Limits the mean gradient of a step: each element to [-limit, limit], or its Euclidean norm over all parameters
 * to `limit` (Pascanu et al. 2013).
 */
export type ClippingSpec =
  | { readonly type: 'none' }
  | { readonly type: 'value' | 'norm'; readonly limit: number };

export const noClipping: ClippingSpec = { type: 'none' };
