/** What a network is made of, layer by layer, for a table in the manner of Keras's `model.summary()`. */

import { layerKind } from './kinds.ts';
import type { ModelSpec } from './spec.ts';

export interface LayerSummary {
  readonly name: string;
  /** For example `dense, relu`. */
  readonly kind: string;
  /** Output shape for a batch of any size, for example `(batch, 128)`. */
  readonly output: string;
  readonly parameters: number;
}

export function summarise(spec: ModelSpec): readonly LayerSummary[] {
  let inputSize = spec.inputSize;
  return spec.layers.map((layer, i) => {
    const kind = layerKind(layer);
    const parameters = kind
      .parameters(layer, inputSize)
      .reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
    inputSize = kind.outputSize(layer, inputSize);
    return { name: `layers.${i}`, kind: kind.describe(layer), output: `(batch, ${inputSize})`, parameters };
  });
}
