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
  /** Answers as panels [outputs]: logits for the cross-entropies. */
  readonly outputs: Signal;
  /** Scratch memory for kernels, free between passes. */
  readonly scratch: number;
  /** From `inputRows` to `outputs`. */
  forward(kernels: Kernels, pass: Pass): void;
  /** Loss sum and number of correct samples, { f32, u32 }, to `sums`; the derivative stays in memory. */
  loss(kernels: Kernels, pass: Pass, sums: number): void;
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
  for (const layerSpec of spec.layers) {
    const kind = layerKind(layerSpec);
    const layer = kind.place(layerSpec, { arena, input: signal, parameterOffset, countMax, scratch });
    for (const { shape } of kind.parameters(layerSpec, signal.width)) {
      parameterOffset += shape.reduce((product, n) => product * n, 1);
    }
    layers.push(layer);
    signal = layer.output;
  }
  const outputs = signal;
  const targets = arena.allocate(countMax * outputs.width * 4);
  const lossKind = lossKinds[spec.loss];
  const inputRows = input.rows!;

  return {
    inputRows,
    inputBytes,
    targets,
    outputs,
    scratch,
    forward(kernels, pass) {
      kernels.rowsToPanels(inputRows, input.panels, pass.count, inputSize, ld);
      for (const layer of layers) layer.forward(kernels, pass);
    },
    loss(kernels, { count, shardSize }, sums) {
      const kernel = lossKind.kernel(kernels);
      kernel(outputs.panels, targets, outputs.derivative!, count, outputs.width, shardSize, sums, scratch);
    },
    backward(kernels, pass) {
      for (let i = layers.length - 1; i >= 0; i--) layers[i]!.backward(kernels, pass);
    },
  };
}
