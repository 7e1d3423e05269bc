/** The matrix product and the copy of memory by themselves, in one thread: what the parts of a step are made of. */

import { createArena } from '@hivegrad/shared/kernels/arena';
import { activationIds, biasModeIds, scratchBytes } from '@hivegrad/shared/kernels/kernels';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { loadKernels, loadWideKernels } from '../workers/local-pool.ts';
import type { Work } from './measure.ts';

/** Additions and multiplications of a product of two n x n matrices. */
export function productFlops(n: number): number {
  return 2 * n * n * n;
}

/** Products of n x n matrices: a dense layer of n units on n samples of n features. */
export async function matrixProduct(n: number, options: { readonly wide: boolean }): Promise<Work> {
  const { module, wide } = options.wide
    ? await loadWideKernels()
    : { module: await loadKernels(), wide: false };
  const matrixBytes = n * n * 4;
  const memory = createMemory(3 * matrixBytes + (1 << 20));
  const kernels = instantiateKernels(module, memory, { wide });
  new Float32Array(memory.buffer).fill(0.5);
  const arena = createArena(64);
  const weights = arena.allocate(matrixBytes);
  const input = arena.allocate(matrixBytes);
  const output = arena.allocate(matrixBytes);
  const scratch = arena.allocate(scratchBytes(8, 8));
  const { none } = biasModeIds;
  const { identity } = activationIds;
  return (products) => {
    for (let i = 0; i < products; i++) {
      kernels.denseForward(weights, 0, none, input, output, output, n, n, n, identity, scratch);
    }
  };
}

/** Bytes of one copy: more than any cache holds. */
export const COPY_BYTES: number = 64 << 20;

/** Copies of {@link COPY_BYTES} from one place to another; each byte is read once and written once. */
export function memoryCopy(): Work {
  const from = new Uint8Array(COPY_BYTES).fill(1);
  const to = new Uint8Array(COPY_BYTES);
  return (copies) => {
    for (let i = 0; i < copies; i++) to.set(from);
  };
}
