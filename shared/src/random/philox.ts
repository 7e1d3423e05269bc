/**
 * Random words from Philox4x32-10 (kernels/philox.ts): a block of four words is a pure function of a key and a
 * counter, so there is no generator state to save or to lose. Whoever needs a number computes it from what it is for.
 */

import { philox } from '../kernels/philox.ts';

/** What random numbers are drawn for; part of the counter, so that purposes never share a number. Append-only. */
export const purposes = { initialisation: 1, shuffle: 2, split: 3, dropout: 4, validation: 5 } as const;
export type Purpose = (typeof purposes)[keyof typeof purposes];

/** The words of one stream: block `index` is four uniform u32, written into `block`. */
export type WordStream = (index: number, block: Uint32Array) => void;

/**
 * The stream of (seed, purpose, which). `seed` is an integer below 2^53; `which` an integer below 2^32, such as
 * the epoch or the number of a tensor.
 */
export function wordStream(seed: number, purpose: Purpose, which: number): WordStream {
  const { keyLow, keyHigh } = seedKey(seed);
  return (index, block) => {
    block[0] = index;
    block[1] = Math.floor(index / 2 ** 32);
    block[2] = which;
    block[3] = purpose;
    philox(block, keyLow, keyHigh);
  };
}

/** A seed below 2^53 as the two words of a key. */
export function seedKey(seed: number): { readonly keyLow: number; readonly keyHigh: number } {
  return { keyLow: seed >>> 0, keyHigh: Math.floor(seed / 2 ** 32) >>> 0 };
}
