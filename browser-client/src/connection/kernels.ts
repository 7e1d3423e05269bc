/** Fetches and compiles the kernels, and hashes them so that the run can tell whether they are its own. */

import { compileKernels, type KernelModule } from '@hivegrad/shared/kernels/wasm';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** @throws Error whose message may be shown */
export async function loadKernels(address: string): Promise<{ module: KernelModule; hash: string }> {
  const response = await fetch(address).catch(() => undefined);
  if (response?.ok !== true) {
    throw new Error('The kernels could not be loaded from the run. Reload the page when it is there again.');
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { module: compileKernels(bytes), hash: bytesToHex(sha256(bytes)) };
}
