/**
 * Which samples a step trains on: a pure function of (seed, epoch, step). Every epoch is a full shuffle of the
 * training set, cut in order; the last, smaller mini-batch is kept.
 */

import type { Purpose } from '../random/philox.ts';
import { purposes, wordStream } from '../random/philox.ts';

/** A uniformly random order of 0..count-1 (Fisher & Yates), by (seed, purpose, which). */
export function permutation(seed: number, purpose: Purpose, which: number, count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const words = wordStream(seed, purpose, which);
  const block = new Uint32Array(4);
  for (let i = count - 1, drawn = 0; i > 0; i--, drawn++) {
    if ((drawn & 3) === 0) words(drawn >> 2, block);
    // The product is below 2^32 (i + 1) by more than float64 can round away for any count below 2^32.
    const j = Math.floor((block[drawn & 3]! * (i + 1)) / 2 ** 32);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/** The order in which an epoch visits the training samples. */
export function epochOrder(seed: number, epoch: number, samples: number): Uint32Array {
  return permutation(seed, purposes.shuffle, epoch, samples);
}

/** Where a step stands: which epoch, and which part of that epoch's order. */
export interface Batch {
  readonly epoch: number;
  /** First position in the epoch's order. */
  readonly begin: number;
  readonly count: number;
}

export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}

/** The mini-batch of step 0, 1, ... of a run. */
export function batchOfStep(step: number, samples: number, batchSize: number): Batch {
  const perEpoch = stepsPerEpoch(samples, batchSize);
  const epoch = Math.floor(step / perEpoch);
  const begin = (step - epoch * perEpoch) * batchSize;
  return { epoch, begin, count: Math.min(batchSize, samples - begin) };
}
