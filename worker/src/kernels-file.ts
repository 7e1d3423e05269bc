/** Reads and compiles the module of kernels from the disk. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import { compileKernels } from '@hivegrad/shared/kernels/wasm';

export async function loadKernels(): Promise<KernelModule> {
  const path = createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm');
  return compileKernels(await readFile(path));
}
