/**
 * Networks once more, in float64 and straight from the formulas: forward, the losses, and backpropagation. It
 * shares no code with the product, so that agreement means something.
 */

import type { Activation, DenseSpec, Loss, ModelSpec } from '@hivegrad/shared/model/spec';

/** Class indices, or rows of values. */
export type Targets = readonly number[] | readonly (readonly number[])[];

/** What of a layer stands where in the flat vector: weights [units][inputs], then 0, 1 or `units` biases. */
interface Layer {
  readonly activation: Activation;
  readonly inputs: number;
  readonly units: number;
  readonly biases: number;
  readonly weight: number;
  readonly bias: number;
}

export interface Tensor {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface Float64Network {
  readonly parameters: number;
  readonly tensors: readonly Tensor[];
  /** Sum of the losses of all samples. */
  loss(weights: Float64Array, x: readonly (readonly number[])[], y: Targets): number;
  /** Its derivative by every parameter, by backpropagation. */
  gradient(weights: Float64Array, x: readonly (readonly number[])[], y: Targets): Float64Array;
  /** Central difference of the loss by one parameter. */
  difference(weights: Float64Array, parameter: number, x: readonly (readonly number[])[], y: Targets): number;
  /** The least |z| at a unit whose activation has a kink at 0; infinite without one. */
  distanceToKink(weights: Float64Array, x: readonly (readonly number[])[]): number;
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const geluInner = (z: number) => Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3);

export const float64Activations: Readonly<
  Record<Activation, { value(z: number): number; slope(z: number): number }>
> = {
  identity: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => Math.max(0, z), slope: (z) => (z > 0 ? 1 : 0) },
  leakyRelu: { value: (z) => (z > 0 ? z : 0.01 * z), slope: (z) => (z > 0 ? 1 : 0.01) },
  elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), slope: (z) => (z > 0 ? 1 : Math.exp(z)) },
  // The form with tanh of Hendrycks & Gimpel (2016).
  gelu: {
    value: (z) => (z / 2) * (1 + Math.tanh(geluInner(z))),
    slope: (z) => {
      const t = Math.tanh(geluInner(z));
      return (1 + t) / 2 + (z / 2) * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * z * z);
    },
  },
  silu: { value: (z) => z * sigmoid(z), slope: (z) => sigmoid(z) * (1 + z * (1 - sigmoid(z))) },
  sigmoid: { value: sigmoid, slope: (z) => sigmoid(z) * (1 - sigmoid(z)) },
  tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
  softplus: { value: (z) => Math.log1p(Math.exp(z)), slope: sigmoid },
};

type Target = number | readonly number[];

const losses: Readonly<
  Record<
    Loss,
    { value(y: readonly number[], t: Target): number; slope(y: readonly number[], t: Target): number[] }
  >
> = {
  squaredError: {
    value: (y, t) => sum(y.map((value, i) => (value - (t as number[])[i]!) ** 2)),
    slope: (y, t) => y.map((value, i) => 2 * (value - (t as number[])[i]!)),
  },
  softmaxCrossEntropy: {
    value: (y, t) => Math.log(sum(y.map(Math.exp))) - y[t as number]!,
    slope: (y, t) => y.map((value, i) => Math.exp(value) / sum(y.map(Math.exp)) - (i === t ? 1 : 0)),
  },
  binaryCrossEntropy: {
    value: (y, t) => sum(y.map((value, i) => Math.log1p(Math.exp(value)) - value * (t as number[])[i]!)),
    slope: (y, t) => y.map((value, i) => sigmoid(value) - (t as number[])[i]!),
  },
};

/** Small against the distance to a kink that tests keep; cancellation leaves about nine digits. */
const DIFFERENCE = 1e-6;

/** A network without layers that draw random numbers. */
export type DenseModel = ModelSpec & { readonly layers: readonly DenseSpec[] };

export function float64Network(model: DenseModel): Float64Network {
  const layers: Layer[] = [];
  const tensors: Tensor[] = [];
  let at = 0;
  let inputs = model.inputSize;
  for (const { units, activation, bias: mode } of model.layers) {
    const biases = mode === 'none' ? 0 : mode === 'layer' ? 1 : units;
    const layer = { activation, inputs, units, biases, weight: at, bias: at + units * inputs };
    tensors.push({ name: `weight of layer ${layers.length}`, offset: layer.weight, size: units * inputs });
    if (biases > 0)
      tensors.push({ name: `bias of layer ${layers.length}`, offset: layer.bias, size: biases });
    layers.push(layer);
    at = layer.bias + biases;
    inputs = units;
  }
  const { value: lossOf, slope: lossSlope } = losses[model.loss];
  const outputOf = (weights: Float64Array, x: readonly number[]) =>
    layers.reduce((h, layer) => activated(layer, weighted(layer, weights, h)), x);
  const loss: Float64Network['loss'] = (weights, x, y) =>
    sum(x.map((sample, s) => lossOf(outputOf(weights, sample), y[s]!)));

  return {
    parameters: at,
    tensors,
    loss,
    gradient(weights, x, y) {
      const gradient = new Float64Array(at);
      for (const [s, sample] of x.entries()) {
        const h: (readonly number[])[] = [sample];
        const z: number[][] = [];
        for (const layer of layers) {
          z.push(weighted(layer, weights, h.at(-1)!));
          h.push(activated(layer, z.at(-1)!));
        }
        let dh = lossSlope(h.at(-1)!, y[s]!);
        for (let l = layers.length - 1; l >= 0; l--)
          dh = backward(layers[l]!, weights, z[l]!, h[l]!, dh, gradient);
      }
      return gradient;
    },
    difference(weights, parameter, x, y) {
      const moved = weights.slice();
      moved[parameter] = weights[parameter]! + DIFFERENCE;
      const above = loss(moved, x, y);
      moved[parameter] = weights[parameter]! - DIFFERENCE;
      return (above - loss(moved, x, y)) / (2 * DIFFERENCE);
    },
    distanceToKink(weights, x) {
      let least = Number.POSITIVE_INFINITY;
      for (const sample of x) {
        let h = sample;
        for (const layer of layers) {
          const z = weighted(layer, weights, h);
          const kinked = layer.activation === 'relu' || layer.activation === 'leakyRelu';
          if (kinked) least = Math.min(least, ...z.map(Math.abs));
          h = activated(layer, z);
        }
      }
      return least;
    },
  };
}

/** z = W h + b. */
function weighted(layer: Layer, weights: Float64Array, h: readonly number[]): number[] {
  const { inputs, units, biases, weight, bias } = layer;
  return Array.from({ length: units }, (_, unit) => {
    let z = biases === 0 ? 0 : weights[bias + (biases === 1 ? 0 : unit)]!;
    for (let i = 0; i < inputs; i++) z += weights[weight + unit * inputs + i]! * h[i]!;
    return z;
  });
}

function activated({ activation }: Layer, z: readonly number[]): number[] {
  return z.map(float64Activations[activation].value);
}

/** Adds dW = dz h^T and db to `gradient` and answers the derivative by h. */
function backward(
  layer: Layer,
  weights: Float64Array,
  z: readonly number[],
  h: readonly number[],
  dOutput: readonly number[],
  gradient: Float64Array,
): number[] {
  const { activation, inputs, units, biases, weight, bias } = layer;
  const dh = Array<number>(inputs).fill(0);
  for (let unit = 0; unit < units; unit++) {
    const dz = dOutput[unit]! * float64Activations[activation].slope(z[unit]!);
    if (biases > 0) gradient[bias + (biases === 1 ? 0 : unit)]! += dz;
    for (let i = 0; i < inputs; i++) {
      gradient[weight + unit * inputs + i]! += dz * h[i]!;
      dh[i]! += dz * weights[weight + unit * inputs + i]!;
    }
  }
  return dh;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
