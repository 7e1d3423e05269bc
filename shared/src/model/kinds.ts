/** The one place that maps the `type` of a layer in a specification to its kind. */

import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import type { LayerKind } from './layer.ts';
import type { LayerSpec } from './spec.ts';

const kinds: { [Type in LayerSpec['type']]: LayerKind<Extract<LayerSpec, { type: Type }>> } = {
  dense,
  dropout,
};

/** The kind of a layer; its methods are to be given specifications of that type only. */
export function layerKind(spec: LayerSpec): LayerKind {
  return kinds[spec.type];
}
