/**
 * A network as safetensors: its weights alone, with the names and shapes of `torch.nn.Linear`. In: a trained
 * network; out: bytes. Whoever loads it needs no name but `layers.N.weight` and `layers.N.bias`.
 */

import { encodeSafetensors } from '../checkpoint/safetensors.ts';
import type { TrainedNetwork } from './network.ts';

export function encodeWeights(network: TrainedNetwork): Uint8Array<ArrayBuffer> {
  const { model, encoding, parameters, weights, weightsDigest, configDigest, dataDigest, step } = network;
  const tensors = parameters.map(({ name, shape, offset, size }) => {
    return { name, dtype: 'F32' as const, shape, data: weights.subarray(offset, offset + size) };
  });
  return encodeSafetensors(tensors, {
    // The layout of PyTorch, as its loaders ask for it.
    format: 'pt',
    step: String(step),
    weightsSha256: weightsDigest,
    configSha256: configDigest,
    dataSha256: dataDigest,
    model: JSON.stringify(model),
    ...(encoding !== undefined && { encoding: JSON.stringify(encoding) }),
  });
}
