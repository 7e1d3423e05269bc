/**
 * The committed checkpoint: what it was trained from, where it lies, and what PyTorch answered with its weights. It
 * is written anew by `node test/dist/formats/record.js` when a change of the format or of the arithmetic is meant.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../golden/checkpoint/', import.meta.url);
export const fixturePath = fileURLToPath(new URL('small.safetensors', folder));
export const recordPath = fileURLToPath(new URL('pytorch.json', folder));

/** Over the small configuration of support/files.ts: one epoch of Adam with every kind of tensor. */
export const fixtureChanges = {
  name: 'fixture',
  model: {
    layers: [
      { type: 'dense', units: 12, activation: 'gelu', bias: 'none' },
      { type: 'dense', units: 8, activation: 'elu' },
      { type: 'dense', units: 5 },
    ],
  },
  epochs: 1,
} as const;

/** What PyTorch answered when the fixture was recorded. */
export interface Answer {
  readonly torch: string;
  /** Logits, [rows][classes]. */
  readonly outputs: readonly (readonly number[])[];
}

export interface RecordedAnswer extends Answer {
  /** Digest of the fixture's weights. */
  readonly weightsSha256: string;
  /** Rows of bytes, which the network sees divided by 255. */
  readonly rows: readonly (readonly number[])[];
}

export function recordedAnswer(): RecordedAnswer {
  return JSON.parse(readFileSync(recordPath, 'utf8')) as RecordedAnswer;
}
