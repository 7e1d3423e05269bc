/**
 * The description of a network, as it stands in a configuration, a checkpoint and on the wire.
 * Values are complete: whoever parses a configuration fills in the defaults.
 */

/** sigma of equations (1) and (14), applied to every unit of a layer. */
export type Activation =
  | 'identity'
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'gelu'
  | 'silu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus';

/** `unit`: one bias per unit; `layer`: the one shared b of equations (14) and (16); `none`: no bias. */
export type BiasMode = 'unit' | 'layer' | 'none';

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

export type LayerSpec = DenseSpec;

/** `squaredError` is equation (5); the two cross-entropies take logits. */
export type Loss = 'squaredError' | 'softmaxCrossEntropy' | 'binaryCrossEntropy';

export interface ModelSpec {
  /** Values in one sample. */
  readonly inputSize: number;
  readonly layers: readonly LayerSpec[];
  readonly loss: Loss;
}
