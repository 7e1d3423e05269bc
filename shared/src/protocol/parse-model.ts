/**
 * The description of a network and of its samples as a welcome brings them: known layers with complete settings, of
 * bearable size, that fit each other.
 */

import { activationIds, biasModeIds } from '../kernels/kernels.ts';
import { lossKinds } from '../model/losses.ts';
import { outputSize, parameterCount } from '../model/parameters.ts';
import type {
  Activation,
  BiasMode,
  DenseSpec,
  DropoutSpec,
  Initializer,
  LayerSpec,
  Loss,
  ModelSpec,
} from '../model/spec.ts';
import { ProtocolError } from './errors.ts';
import {
  type Fields,
  isMap,
  oneOf,
  quote,
  type Read,
  readMap,
  real,
  required,
  whole,
  wrongKind,
} from './fields.ts';
import { LAYERS_MAX, WIDTH_MAX } from './limits.ts';
import type { FeatureShape, TargetShape, Welcome } from './messages.ts';

const initializers = {
  glorotUniform: 0,
  glorotNormal: 0,
  heUniform: 0,
  heNormal: 0,
} as const satisfies Record<Initializer, 0>;

const dense: Fields<DenseSpec> = {
  units: required(whole(1, WIDTH_MAX)),
  activation: required(oneOf(Object.keys(activationIds) as Activation[])),
  bias: required(oneOf(Object.keys(biasModeIds) as BiasMode[])),
  initializer: required(oneOf(Object.keys(initializers) as Initializer[])),
};

const dropout: Fields<DropoutSpec> = { rate: required(real(0, 1, true)) };

const layerFields: { readonly [Type in LayerSpec['type']]: Fields<Extract<LayerSpec, { type: Type }>> } = {
  dense,
  dropout,
};

const readLayer: Read<LayerSpec> = (value, where) => {
  if (!isMap(value)) throw wrongKind(value, where, 'a map');
  const { type } = value;
  if (typeof type !== 'string') throw wrongKind(type, `${where}.type`, 'a word');
  if (!Object.hasOwn(layerFields, type)) {
    throw new ProtocolError(
      'OUT_OF_RANGE',
      `${where}.type is ${quote(type)}, a kind of layer that is not known here.`,
    );
  }
  const fields = layerFields[type as LayerSpec['type']] as Fields<LayerSpec>;
  return { type, ...readMap(value, where, { fields, implied: ['type'] }) } as LayerSpec;
};

const readLayers: Read<readonly LayerSpec[]> = (value, where) => {
  if (!Array.isArray(value)) throw wrongKind(value, where, 'a list');
  if (value.length < 1 || value.length > LAYERS_MAX) {
    throw new ProtocolError(
      'OUT_OF_RANGE',
      `${where} has ${value.length} layers; 1 to ${LAYERS_MAX} are allowed.`,
    );
  }
  return value.map((layer, i) => readLayer(layer, `${where}.${i}`));
};

const model: Fields<ModelSpec> = {
  inputSize: required(whole(1, WIDTH_MAX)),
  layers: required(readLayers),
  loss: required(oneOf(Object.keys(lossKinds) as Loss[])),
};

export const readModel: Read<ModelSpec> = (value, where) =>
  readMap<ModelSpec>(value, where, { fields: model });

const kindOf = (value: unknown, where: string): unknown => {
  if (!isMap(value)) throw wrongKind(value, where, 'a map');
  return value.kind;
};

const width = required(whole(1, WIDTH_MAX));
const bytes: Fields<Extract<FeatureShape, { kind: 'u8' }>> = {
  kind: required(oneOf(['u8'])),
  width,
  scale: required(oneOf(['unit', 'none'])),
};
const floats: Fields<Extract<FeatureShape, { kind: 'f32' }>> = { kind: required(oneOf(['f32'])), width };
const classes: Fields<Extract<TargetShape, { kind: 'classes' }>> = {
  kind: required(oneOf(['classes'])),
  classes: width,
};
const values: Fields<Extract<TargetShape, { kind: 'values' }>> = { kind: required(oneOf(['values'])), width };

export const readFeatures: Read<FeatureShape> = (value, where) =>
  kindOf(value, where) === 'u8'
    ? readMap(value, where, { fields: bytes })
    : readMap(value, where, { fields: floats });

export const readTargets: Read<TargetShape> = (value, where) =>
  kindOf(value, where) === 'classes'
    ? readMap(value, where, { fields: classes })
    : readMap(value, where, { fields: values });

/** Throws CONTRADICTION unless samples fit the network, and both sides count the same parameters. */
export function checkModelFits({ model, features, targets, parameters }: Welcome): void {
  const outputs = outputSize(model);
  const isClasses = targets.kind === 'classes';
  const answers = isClasses ? targets.classes : targets.width;
  if (model.inputSize !== features.width) {
    throw new ProtocolError(
      'CONTRADICTION',
      `The network takes ${model.inputSize} values, and a sample has ${features.width}.`,
    );
  }
  if (lossKinds[model.loss].targets !== targets.kind || outputs !== answers) {
    throw new ProtocolError('CONTRADICTION', 'The targets of the welcome do not fit its network and loss.');
  }
  if (parameterCount(model) !== parameters) {
    throw new ProtocolError(
      'CONTRADICTION',
      `The network has ${parameterCount(model)} parameters here, and ${parameters} in the welcome.`,
    );
  }
}
