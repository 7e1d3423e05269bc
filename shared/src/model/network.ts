/**
 * A network placed in memory: forward over the samples of a node, then the loss and backpropagation, equations
 * (6), (15) and (16). Forward and the derivatives by activations run over all samples of the node at once; only
 * the gradient sums know shards.
 */

import type { Arena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { leadingDimension, panelBytes, scratchBytes } from '../kernels/kernels.ts';
import { layerKind } from './kinds.ts';
import type { Pass, PlacedLayer, Signal } from './layer.ts';
import { lossKinds } from './losses.ts';
import type { ModelSpec } from './spec.ts';

export interface Network {
  /** Where a batch is put before a pass: rows [count][leadingDimension(inputSize)]. */
  readonly inputRows: number;
  /** Bytes [count][inputSize] that `bytesToRows` scales. */
  readonly inputBytes: number;
  /** u32 [count], or float32 [count][outputs], as the loss wants it. */
  readonly targets: number;
  /** float32 [count], read where a pass is weighted. */
  readonly sampleWeights: number;
  /** What the last layer gives, as panels [outputs]: logits for the cross-entropies. */
  readonly outputs: Signal;
  /** Where `answer` leaves its rows [count][leadingDimension(outputs)]. */
  readonly answers: number;
  /** Scratch memory for kernels, free between passes. */
  readonly scratch: number;
  /** From `inputRows` to `outputs`. */
  forward(kernels: Kernels, pass: Pass): void;
  /** Loss sum and number of correct samples, { f32, u32 }, to `sums`; the derivative stays in memory. */
  loss(kernels: Kernels, pass: Pass, sums: number): void;
  /** After `forward`: probabilities under the cross-entropies, else the outputs, to `answers`. */
  answer(kernels: Kernels, count: number): void;
  /** The gradient sum of the node to `pass.gradient`, after `forward` and `loss`. */
  backward(kernels: Kernels, pass: Pass): void;
}

/** Places a network for nodes of at most `countMax` samples. */
export function placeNetwork(spec: ModelSpec, countMax: number, arena: Arena): Network {
  const { inputSize } = spec;
  const ld = leadingDimension(inputSize);
  const widest = Math.max(...spec.layers.map((layer) => layerKind(layer).outputSize(layer, inputSize)));
  const scratch = arena.allocate(scratchBytes(countMax, widest));
  const inputBytes = arena.allocate(countMax * inputSize);
  const input: Signal = {
    width: inputSize,
    rows: arena.allocate(countMax * ld * 4),
    panels: arena.allocate(panelBytes(countMax, inputSize)),
  };

  const layers: PlacedLayer[] = [];
  let signal = input;
  let parameterOffset = 0;
  for (const [number, layerSpec] of spec.layers.entries()) {
    const kind = layerKind(layerSpec);
    const layer = kind.place(layerSpec, {
      arena,
      input: signal,
      layer: number,
      parameterOffset,
      countMax,
      scratch,
    });
    for (const { shape } of kind.parameters(layerSpec, signal.width)) {
      parameterOffset += shape.reduce((product, n) => product * n, 1);
    }
    layers.push(layer);
    signal = layer.output;
  }
  const outputs = signal;
  const targets = arena.allocate(countMax * outputs.width * 4);
  const sampleWeights = arena.allocate(countMax * 4);
  const answersLd = leadingDimension(outputs.width);
  const answers = arena.allocate(countMax * answersLd * 4);
  const lossKind = lossKinds[spec.loss];
  const inputRows = input.rows!;

  return {
    inputRows,
    inputBytes,
    targets,
    sampleWeights,
    outputs,
    answers,
    scratch,
    forward(kernels, pass) {
      for (const layer of layers) layer.forward(kernels, pass);
    },
    loss(kernels, { count, shardSize, weighted }, sums) {
      const kernel = lossKind.kernel(kernels);
      const weights = weighted ? sampleWeights : 0;
      kernel(
        outputs.panels,
        targets,
        weights,
        outputs.derivative!,
        count,
        outputs.width,
        shardSize,
        sums,
        scratch,
      );
    },
    answer(kernels, count) {
      const { panels, derivative, width } = outputs;
      lossKind.answer(kernels, panels, derivative!, count, width);
      kernels.panelsToRows(derivative!, answers, count, width, answersLd);
    },
    backward(kernels, pass) {
      for (let i = layers.length - 1; i >= 0; i--) layers[i]!.backward(kernels, pass);
    },
  };
}
