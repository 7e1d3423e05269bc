/** Reads and compiles the module of kernels from the disk. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import { compileKernels } from '@hivegrad/shared/kernels/wasm';

/** For the narrow tile, which is the fastest on most engines; see wide.ts for the others. */
export async function loadKernels(): Promise<KernelModule> {
  return compileKernels(await readKernels());
}

/** The bytes of the module. */
export function readKernels(): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm'));
}
