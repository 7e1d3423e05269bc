/** The one place that maps the `type` of a layer in a specification to its kind. */

import { dense } from './dense.ts';
import type { LayerKind } from './layer.ts';
import type { LayerSpec } from './spec.ts';

const kinds: { [Type in LayerSpec['type']]: LayerKind<Extract<LayerSpec, { type: Type }>> } = { dense };

export function layerKind<Spec extends LayerSpec>(spec: Spec): LayerKind<Spec> {
  return kinds[spec.type];
}
