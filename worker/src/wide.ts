/**
 * Kernels with 256-bit operations. V8 from Node 24 on can join two neighbouring 128-bit operations of WebAssembly into
 * one of the processor's 256-bit ones: the same operations on the same lanes, so the same bits, at up to 1.6 times
 * the speed. The flag that switches this on is an experiment of V8, so it is set for this one module only, the known
 * answer is asked of the very code that will run, and a wrong one costs no more than the speed.
 *
 * Code is compiled once per process: threads that are given the module run what was compiled here.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import { compileKernels, createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { loadKernels, readKernels } from './kernels-file.ts';

export interface LoadedKernels {
  readonly module: KernelModule;
  /** What `instantiateKernels` is to be told in every thread. */
  readonly wide: boolean;
  /** Why the wide tile is not used although this machine should be able to; one sentence. */
  readonly warning?: string;
}

const NODE_MAJOR_MIN = 24;

/** The first address that the known answer is worked out at. */
const SCRATCH_BASE = 64;

/** The fastest kernels that are exact on this machine. */
export async function loadWideKernels(): Promise<LoadedKernels> {
  if (!hasWideKernels()) return { module: await loadKernels(), wide: false };
  const module = compileWide(await readKernels());
  const memory = createMemory(SCRATCH_BASE + KNOWN_ANSWER_BYTES);
  const kernels = instantiateKernels(module, memory, { wide: true });
  if (knownAnswer(kernels, memory, SCRATCH_BASE) === KNOWN_ANSWER) return { module, wide: true };
  const warning =
    `Kernels with 256-bit operations do not give the known answer on this engine (Node ${process.version}), so ` +
    'those with 128-bit operations are used, which are slower.';
  return { module: await loadKernels(), wide: false, warning };
}

/** Whether this engine and this processor are known to join 128-bit operations. */
export function hasWideKernels(): boolean {
  const major = Number(process.versions.node.split('.', 1)[0]);
  return major >= NODE_MAJOR_MIN && process.arch === 'x64' && hasAvx2();
}

function hasAvx2(): boolean {
  // Every Mac that can run such a Node has it. Windows does not tell.
  if (process.platform === 'darwin') return true;
  if (process.platform !== 'linux') return false;
  try {
    return /^flags\b.*\bavx2\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Compiles with V8's optimizing compiler at once. Its baseline compiler, which otherwise comes first, joins nothing,
 * and the known answer would be that of code which is replaced a moment later.
 */
function compileWide(bytes: Uint8Array): KernelModule {
  setFlagsFromString('--experimental-wasm-revectorize');
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return compileKernels(marked(bytes));
  } finally {
    setFlagsFromString('--wasm-lazy-compilation');
    setFlagsFromString('--liftoff');
    setFlagsFromString('--no-experimental-wasm-revectorize');
  }
}

/** The module with an empty custom section, for V8 answers bytes that it has compiled before with the code of then. */
function marked(bytes: Uint8Array): Uint8Array {
  const name = Buffer.from('wide');
  return Buffer.concat([bytes, Uint8Array.of(0, name.length + 1, name.length), name]);
}
