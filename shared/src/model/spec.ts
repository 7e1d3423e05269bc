/**
 * The description of a network, as it stands in a configuration, a checkpoint and on the wire.
 * Values are complete: whoever parses a configuration fills in the defaults.
 */

import type { Activation, BiasMode } from '../kernels/kernels.ts';

export type { Activation, BiasMode };

/** Glorot & Bengio (2010) and He et al. (2015), each as a uniform and a normal distribution. */
export type Initializer = 'glorotUniform' | 'glorotNormal' | 'heUniform' | 'heNormal';

/** A fully connected layer: h = sigma(W x + b), with W of shape [units, inputs]. */
export interface DenseSpec {
  readonly type: 'dense';
  readonly units: number;
  readonly activation: Activation;
  readonly bias: BiasMode;
  readonly initializer: Initializer;
}

/** Zeroes each value with probability `rate` in training, and scales the others by 1 / (1 - rate) (Srivastava et al. 2014). */
export interface DropoutSpec {
  readonly type: 'dropout';
  /** In [0, 1). */
  readonly rate: number;
}

export type LayerSpec = DenseSpec | DropoutSpec;

/** `squaredError` is equation (5); the two cross-entropies take logits. */
export type Loss = 'squaredError' | 'softmaxCrossEntropy' | 'binaryCrossEntropy';

export interface ModelSpec {
  /** Values in one sample. */
  readonly inputSize: number;
  readonly layers: readonly LayerSpec[];
  readonly loss: Loss;
}
