/** Small data sets made from a seed, for tests. */

import { createHash } from 'node:crypto';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { purposes, wordStream } from '@hivegrad/shared/random/philox';

/** Uniform numbers in [0, 1), a pure function of the seed. */
export function uniform(seed: number): () => number {
  const words = wordStream(seed, purposes.split, 7);
  const block = new Uint32Array(4);
  let drawn = 0;
  return () => {
    if ((drawn & 3) === 0) words(drawn >> 2, block);
    return block[drawn++ & 3]! / 2 ** 32;
  };
}

/** Points of `classes` overlapping clouds in `width` dimensions, as float32 or as bytes. */
export function clouds(
  seed: number,
  shape: { samples: number; width: number; classes: number; bytes?: boolean },
): Dataset {
  const { samples, width, classes, bytes = false } = shape;
  const random = uniform(seed);
  const centres = Array.from({ length: classes * width }, () => random());
  const rows = new SharedArrayBuffer(samples * width * (bytes ? 1 : 4));
  const values = bytes ? new Uint8Array(rows) : new Float32Array(rows);
  const labels = new Uint32Array(new SharedArrayBuffer(samples * 4));
  for (let sample = 0; sample < samples; sample++) {
    const label = Math.floor(random() * classes);
    labels[sample] = label;
    for (let i = 0; i < width; i++) {
      const value = 0.6 * centres[label * width + i]! + 0.4 * random();
      values[sample * width + i] = bytes ? Math.floor(value * 256) : value - 0.5;
    }
  }
  return {
    samples,
    features: bytes ? { kind: 'u8', scale: 'unit', width, rows } : { kind: 'f32', width, rows },
    targets: { kind: 'classes', classes, names: [], rows: labels.buffer },
    digest: createHash('sha256').update(values.slice()).update(labels.slice()).digest('hex'),
  };
}

export function digestOf(weights: Float32Array): string {
  return createHash('sha256').update(weights).digest('hex');
}
