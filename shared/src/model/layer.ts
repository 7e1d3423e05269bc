/**
 * The interface of a layer kind. A kind knows its shapes, its parameters and how to run forward and backward;
 * the rest of the program knows no layer by name. Placing a layer in an arena yields addresses only: nothing is
 * computed and nothing allocated afterwards.
 */

import type { Arena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Initializer, LayerSpec } from './spec.ts';

/** A batch of activations between two layers, and the derivative of the loss by it. */
export interface Signal {
  /** Features of a sample. */
  readonly width: number;
  /** Address of the activations as panels [width]. */
  readonly panels: number;
  /** Of the network's input: address of rows [count][leadingDimension(width)]. Then the panels are not filled yet. */
  readonly rows?: number;
  /** Address of the derivative of the loss as panels [width]; absent for the network's input. */
  readonly derivative?: number;
}

/** One run over the samples of a node. */
export interface Pass {
  /** Address of the flat vector of weights. */
  weights: number;
  /** Address of the flat gradient sum, laid out like the weights. */
  gradient: number;
  /** Samples of the node. */
  count: number;
  /** Samples of a shard. */
  shardSize: number;
  /** Whether what only training does is done, such as dropout. */
  training: boolean;
  /** Whether the samples' losses and derivatives are multiplied by the samples' weights. */
  weighted: boolean;
  /** Whether sums may leave out columns of zeros of the network's input; no weight may be NaN or infinite then. */
  skipZeros: boolean;
  /** Which step is trained, and which position of its mini-batch the first sample has: what chance is drawn for. */
  step: number;
  first: number;
  /** The run's seed as two u32. */
  keyLow: number;
  keyHigh: number;
}

/** How a parameter starts: drawn with the fans of its layer, or zero. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: { initializer: Initializer; fanIn: number; fanOut: number } | 'zero';
}

export interface PlacedLayer {
  readonly output: Signal;
  forward(kernels: Kernels, pass: Pass): void;
  /** Turns the derivative by the output into that by the input and the parameters' gradient sums. */
  backward(kernels: Kernels, pass: Pass): void;
}

export interface Placement {
  readonly arena: Arena;
  readonly input: Signal;
  /** Number of the layer in its network. */
  readonly layer: number;
  /** First float of the layer's parameters in the flat vector. */
  readonly parameterOffset: number;
  /** Samples of the largest node. */
  readonly countMax: number;
  /** Address of scratch memory that all layers share, see `scratchBytes`. */
  readonly scratch: number;
}

export interface LayerKind<Spec extends LayerSpec = LayerSpec> {
  outputSize(spec: Spec, inputSize: number): number;
  /** In the order in which they stand in the flat vector. */
  parameters(spec: Spec, inputSize: number): readonly ParameterShape[];
  place(spec: Spec, placement: Placement): PlacedLayer;
  /** One short phrase for the summary table, for example `dense, relu`. */
  describe(spec: Spec): string;
}
