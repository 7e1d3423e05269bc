/**
 * Gives out addresses in one memory, once, when a model is loaded: the step loop allocates nothing. Run over an
 * empty memory first it tells how much a plan needs.
 */

import { PADDING_BYTES } from './kernels.ts';

export interface Arena {
  /** The address of `bytes` bytes, aligned to a cache line and followed by PADDING_BYTES that nobody else uses. */
  allocate(bytes: number): number;
  /** First byte behind everything given out so far. */
  readonly end: number;
}

const LINE_BYTES = 64;

export function createArena(begin: number): Arena {
  let end = align(begin);
  return {
    allocate(bytes) {
      const address = end;
      end = align(address + bytes + PADDING_BYTES);
      return address;
    },
    get end() {
      return end;
    },
  };
}

function align(address: number): number {
  return Math.ceil(address / LINE_BYTES) * LINE_BYTES;
}
