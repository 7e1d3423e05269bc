/**
 * The parameters of a network as one flat float32 vector with named views, layer after layer. Names and shapes
 * are those of `torch.nn.Linear` in a list called `layers`: weight [outputs, inputs], bias [outputs].
 */

import { layerKind } from './kinds.ts';
import type { ModelSpec } from './spec.ts';

export interface ParameterInfo {
  /** For example `layers.0.weight`. */
  readonly name: string;
  /** Number of the layer that owns it. */
  readonly layer: number;
  readonly shape: readonly number[];
  /** First float in the flat vector. */
  readonly offset: number;
  /** Floats. */
  readonly size: number;
}

export function parametersOf(spec: ModelSpec): readonly ParameterInfo[] {
  const parameters: ParameterInfo[] = [];
  let offset = 0;
  let inputSize = spec.inputSize;
  for (const [layer, layerSpec] of spec.layers.entries()) {
    const kind = layerKind(layerSpec);
    for (const { name, shape } of kind.parameters(layerSpec, inputSize)) {
      const size = shape.reduce((product, n) => product * n, 1);
      parameters.push({ name: `layers.${layer}.${name}`, layer, shape, offset, size });
      offset += size;
    }
    inputSize = kind.outputSize(layerSpec, inputSize);
  }
  return parameters;
}

/** Floats in the flat vector. */
export function parameterCount(spec: ModelSpec): number {
  const last = parametersOf(spec).at(-1);
  return last === undefined ? 0 : last.offset + last.size;
}

/** Values that the network answers for one sample. */
export function outputSize(spec: ModelSpec): number {
  return spec.layers.reduce((size, layer) => layerKind(layer).outputSize(layer, size), spec.inputSize);
}
