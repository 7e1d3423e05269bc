/**
 * Data sets made from a seed, so that a bench needs no files and every contestant trains on the same bytes.
 * Out: rows and targets in shared memory, a pure function of the arguments.
 */

import { createHash } from 'node:crypto';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { purposes, wordStream } from '@hivegrad/shared/random/philox';

/** The share of MNIST's pixels that are zero is 81 %. */
const ZERO_SHARE = 0.81;

/** Uniform numbers in [0, 1), a pure function of the seed. */
function uniform(seed: number): () => number {
  const words = wordStream(seed, purposes.split, 11);
  const block = new Uint32Array(4);
  let drawn = 0;
  return () => {
    if ((drawn & 3) === 0) words(drawn >> 2, block);
    return block[drawn++ & 3]! / (1 << 16) / (1 << 16);
  };
}

/**
 * `samples` rows of `width` bytes around ten prototypes. As many bytes are zero as in MNIST, but they lie anywhere:
 * no column is zero throughout, so nothing can be gained by leaving columns out.
 */
export function syntheticImages(seed: number, samples: number, width: number): Dataset {
  const classes = 10;
  const random = uniform(seed);
  const prototypes = Array.from({ length: classes * width }, () => random());
  const shared = new SharedArrayBuffer(samples * width);
  const rows = new Uint8Array(shared);
  const labels = new Uint32Array(new SharedArrayBuffer(samples * 4));
  for (let sample = 0; sample < samples; sample++) {
    const label = Math.floor(random() * classes);
    labels[sample] = label;
    for (let i = 0; i < width; i++) {
      const chance = random();
      if (chance < ZERO_SHARE) continue;
      const noise = (chance - ZERO_SHARE) / (1 - ZERO_SHARE);
      rows[sample * width + i] = Math.floor((0.6 * prototypes[label * width + i]! + 0.4 * noise) * 256);
    }
  }
  return {
    samples,
    features: { kind: 'u8', scale: 'unit', width, rows: shared },
    targets: { kind: 'classes', classes, names: [], rows: labels.buffer },
    digest: digestOf(rows, labels),
  };
}

/** Points (x, y) of the square [-1, 1]^2, each with the target x y. */
export function syntheticPoints(seed: number, samples: number): Dataset {
  const random = uniform(seed);
  const shared = new SharedArrayBuffer(samples * 8);
  const rows = new Float32Array(shared).map(() => random() * 2 - 1);
  new Float32Array(shared).set(rows);
  const targets = new Float32Array(new SharedArrayBuffer(samples * 4));
  for (let i = 0; i < samples; i++) targets[i] = rows[i * 2]! * rows[i * 2 + 1]!;
  return {
    samples,
    features: { kind: 'f32', width: 2, rows: shared },
    targets: { kind: 'values', width: 1, rows: targets.buffer },
    digest: digestOf(rows, targets),
  };
}

function digestOf(rows: Uint8Array | Float32Array, targets: Uint32Array | Float32Array): string {
  return createHash('sha256').update(rows.slice()).update(targets.slice()).digest('hex');
}
