/** A small network with Adam's two slots, as a checkpoint. */

import type { CheckpointContent } from './format.ts';

export function exampleContent(step = 7): CheckpointContent {
  return {
    step,
    parameters: [
      { name: 'layers.0.weight', shape: [3, 2], offset: 0, size: 6 },
      { name: 'layers.0.bias', shape: [3], offset: 6, size: 3 },
    ],
    weights: Float32Array.from([1, -0, 2 ** -149, 3.5, -4, 5, 6, 7, step]),
    optimizerSlots: ['m', 'v'],
    optimizerState: Float32Array.from({ length: 18 }, (_, index) => index / 8),
    model: {
      inputSize: 2,
      layers: [{ type: 'dense', units: 3, activation: 'relu', bias: 'unit', initializer: 'heUniform' }],
      loss: 'squaredError',
    },
    configDigest: 'c'.repeat(64),
    dataDigest: 'd'.repeat(64),
    extra: { epoch: '3', checksum: '"checksum":"not the one of the file"' },
  };
}

/** The error a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expectFailure(),
    (error: unknown) => error,
  );
}

function expectFailure(): never {
  throw new Error('expected a rejection');
}
