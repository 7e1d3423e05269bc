/**
 * Training algorithms: how the mean gradient of a step becomes new weights. Backpropagation knows none of them. An
 * optimizer is the names of its state vectors and a pure update of version t to version t + 1, element by element,
 * so that any slice of the parameters can be updated anywhere, and again. State starts at zero.
 */

import type { Kernels } from '../kernels/kernels.ts';
import type { OptimizerSpec } from './spec.ts';

/** Addresses of one slice: float i of every vector belongs to the same parameter. */
export interface UpdateSlice {
  /** Mean gradient, equation (13). */
  readonly gradient: number;
  readonly weights: number;
  readonly weightsNext: number;
  /** State vectors of version t, in the order of `state`. */
  readonly state: readonly number[];
  readonly stateNext: readonly number[];
  /** Floats. */
  readonly length: number;
  /** Number of the step, 0 for the first, and its learning rate. */
  readonly step: number;
  readonly learningRate: number;
}

export interface Optimizer {
  /** Names of the state vectors, each as long as the weights. */
  readonly state: readonly string[];
  /** Takes a step on a slice; answers 1 if all that it wrote is finite, else 0. */
  update(kernels: Kernels, slice: UpdateSlice): number;
}

export function optimizerOf(spec: OptimizerSpec): Optimizer {
  switch (spec.type) {
    case 'sgd':
      return sgd(spec);
    case 'adam':
    case 'adamw':
      return adam(spec);
    case 'rmsprop':
      return scaledByRootMeanSquare(spec, spec.decay, 1 - spec.decay);
    case 'adagrad':
      return scaledByRootMeanSquare(spec, 1, 1);
  }
}

type SpecOf<Type extends OptimizerSpec['type']> = OptimizerSpec & { type: Type };

/** Equation (12), with weight decay and (Nesterov) momentum as in Sutskever et al. (2013). */
function sgd({ momentum, nesterov, weightDecay }: SpecOf<'sgd'>): Optimizer {
  const velocity = momentum !== 0;
  return {
    state: velocity ? ['velocity'] : [],
    update(kernels, { gradient, weights, weightsNext, state, stateNext, length, learningRate }) {
      return kernels.sgd(
        gradient,
        weights,
        weightsNext,
        state[0] ?? 0,
        stateNext[0] ?? 0,
        length,
        learningRate,
        momentum,
        nesterov ? 1 : 0,
        weightDecay,
      );
    },
  };
}

/** Adam (Kingma & Ba 2015); `adamw` shrinks the weights instead of adding to the gradient (Loshchilov & Hutter 2019). */
function adam(spec: SpecOf<'adam' | 'adamw'>): Optimizer {
  const { beta1, beta2, epsilon, weightDecay } = spec;
  const decoupled = spec.type === 'adamw';
  return {
    state: ['m', 'v'],
    update(kernels, { gradient, weights, weightsNext, state, stateNext, length, step, learningRate }) {
      return kernels.adam(
        gradient,
        weights,
        weightsNext,
        state[0]!,
        stateNext[0]!,
        state[1]!,
        stateNext[1]!,
        length,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        learningRate / (1 - power(beta1, step + 1)),
        Math.sqrt(1 - power(beta2, step + 1)),
        epsilon,
        decoupled ? 0 : weightDecay,
        decoupled ? 1 - learningRate * weightDecay : 1,
      );
    },
  };
}

/** RMSProp (Tieleman & Hinton 2012) and AdaGrad (Duchi et al. 2011). */
function scaledByRootMeanSquare(
  { epsilon, weightDecay }: SpecOf<'rmsprop' | 'adagrad'>,
  keep: number,
  add: number,
): Optimizer {
  return {
    state: ['squareSum'],
    update(kernels, { gradient, weights, weightsNext, state, stateNext, length, learningRate }) {
      return kernels.scaledByRootMeanSquare(
        gradient,
        weights,
        weightsNext,
        state[0]!,
        stateNext[0]!,
        length,
        learningRate,
        keep,
        add,
        epsilon,
        weightDecay,
      );
    },
  };
}

/**
 * base^n for an integer n >= 0 by repeated squaring in float64: `Math.pow` differs between engines (0.999^16 does
 * between Node 20 and 24), multiplication does not.
 */
export function power(base: number, n: number): number {
  let result = 1;
  for (let factor = base, rest = n; rest > 0; rest = Math.floor(rest / 2), factor *= factor) {
    if (rest % 2 === 1) result *= factor;
  }
  return result;
}
