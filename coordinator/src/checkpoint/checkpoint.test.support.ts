/** Checkpoints of a small network with Adam's two slots. */

import { expect } from 'vitest';
import { type CheckpointContent, decodeCheckpoint, encodeCheckpoint } from './format.ts';
import type { CheckpointStore } from './store.ts';

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

/** The file of a step; the weights depend on the step, so that a mix of two cannot go unseen. */
export function bytesOf(step: number): Uint8Array {
  return encodeCheckpoint(exampleContent(step));
}

/** Asserts that the newest whole checkpoint has every byte of its step, and gives the step. */
export async function latestStep(store: CheckpointStore): Promise<number> {
  const { step, checkpoint } = await store.latest(decodeCheckpoint);
  expect(encodeCheckpoint({ ...exampleContent(step), ...checkpoint, model: exampleContent().model })).toEqual(
    bytesOf(step),
  );
  expect(checkpoint.step).toBe(step);
  return step;
}
