/**
 * Seeded initial weights, a pure function of (seed, parameter): Glorot & Bengio (2010) and He et al. (2015), as
 * uniform or normal distributions. Biases start at zero.
 */

import { cos, log } from '../kernels/elementary.ts';
import { purposes, wordStream } from '../random/philox.ts';
import { layerKind } from './kinds.ts';
import type { ParameterShape } from './layer.ts';
import { parameterCount } from './parameters.ts';
import type { ModelSpec } from './spec.ts';

/** The weights of step 0. */
export function initialWeights(spec: ModelSpec, seed: number): Float32Array {
  const weights = new Float32Array(parameterCount(spec));
  let inputSize = spec.inputSize;
  let offset = 0;
  let tensor = 0;
  for (const layer of spec.layers) {
    const kind = layerKind(layer);
    for (const { shape, initial } of kind.parameters(layer, inputSize)) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (initial !== 'zero') draw(weights.subarray(offset, offset + size), initial, seed, tensor);
      offset += size;
      tensor++;
    }
    inputSize = kind.outputSize(layer, inputSize);
  }
  return weights;
}

type Distribution = Exclude<ParameterShape['initial'], 'zero'>;

function draw(target: Float32Array, distribution: Distribution, seed: number, tensor: number): void {
  const { initializer, fanIn, fanOut } = distribution;
  // Glorot: variance 2 / (fanIn + fanOut); He: variance 2 / fanIn.
  const he = initializer === 'heUniform' || initializer === 'heNormal';
  const deviation = Math.sqrt(2 / (he ? fanIn : fanIn + fanOut));
  const uniform = initializer === 'heUniform' || initializer === 'glorotUniform';
  const words = wordStream(seed, purposes.initialisation, tensor);
  const block = new Uint32Array(4);
  if (uniform) {
    const limit = deviation * Math.sqrt(3);
    for (let i = 0; i < target.length; i++) {
      if ((i & 3) === 0) words(i >> 2, block);
      target[i] = (block[i & 3]! * (2 / 2 ** 32) - 1) * limit;
    }
  } else {
    for (let i = 0; i < target.length; i++) {
      if ((i & 1) === 0) words(i >> 1, block);
      const first = (i & 1) << 1;
      target[i] = standardNormal(block[first]!, block[first + 1]!) * deviation;
    }
  }
}

/** Box & Muller (1958): sqrt(-2 ln u) cos(2 pi v) with u in (0, 1] and v in [0, 1). */
function standardNormal(word1: number, word2: number): number {
  const u = (word1 + 1) / 2 ** 32;
  const v = word2 / 2 ** 32;
  return Math.sqrt(-2 * log(u)) * cos(2 * Math.PI * v);
}
