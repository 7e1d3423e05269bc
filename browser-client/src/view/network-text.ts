/** A network in one line, such as `784 → 128 relu → 10, softmax cross-entropy`, from a value that anybody may have sent. */

import { cleanText, isMap } from '@hivegrad/shared/protocol/fields';

const LAYERS_SHOWN = 12;
const WORD_LENGTH_MAX = 24;

const losses: Readonly<Record<string, string>> = {
  softmaxCrossEntropy: 'softmax cross-entropy',
  binaryCrossEntropy: 'binary cross-entropy',
  squaredError: 'squared error',
};

/** Undefined where the value does not describe a network. */
export function networkText(model: unknown): string | undefined {
  if (!isMap(model) || !Array.isArray(model.layers) || model.layers.length === 0) return undefined;
  const layers: readonly unknown[] = model.layers;
  const shown = layers.slice(0, LAYERS_SHOWN).map(layerText);
  if (layers.length > LAYERS_SHOWN) shown.push(`${layers.length - LAYERS_SHOWN} more layers`);
  const inputs = typeof model.inputSize === 'number' ? [String(model.inputSize)] : [];
  const loss = typeof model.loss === 'string' ? `, ${losses[model.loss] ?? word(model.loss)}` : '';
  return [...inputs, ...shown].join(' → ') + loss;
}

function layerText(layer: unknown): string {
  if (!isMap(layer)) return 'a layer';
  if (layer.type === 'dense' && typeof layer.units === 'number') {
    const { activation } = layer;
    const isPlain = typeof activation !== 'string' || activation === 'identity';
    return isPlain ? String(layer.units) : `${layer.units} ${word(activation)}`;
  }
  if (layer.type === 'dropout' && typeof layer.rate === 'number') return `dropout ${layer.rate}`;
  return typeof layer.type === 'string' ? word(layer.type) : 'a layer';
}

function word(text: string): string {
  return cleanText(text, WORD_LENGTH_MAX);
}
