/**
 * Binds the SIMD module. It imports its memory, always as a shared one, so that all threads of a process work in
 * one memory; where a page may not share memory each thread makes one of its own.
 */

import type { Kernels } from './kernels.ts';

/** What hivegrad uses of the engine's WebAssembly, spelled out because neither Node's types nor ours bring it. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer;
}
/** A compiled module; it can be posted to another thread. */
export interface KernelModule {
  readonly kind?: 'kernels';
}
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => KernelModule;
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => KernelMemory;
  Instance: new (module: KernelModule, imports: { env: { memory: KernelMemory } }) => { exports: unknown };
}

const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach, less one page so that no address wraps. */
export const MEMORY_BYTES_MAX = PAGE_BYTES * 65_535;

export function compileKernels(bytes: Uint8Array): KernelModule {
  return new Module(bytes);
}

/** A memory of at least `bytes`; throws a RangeError if the machine has not that much. */
export function createMemory(bytes: number): KernelMemory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  return new Memory({ initial: pages, maximum: pages, shared: true });
}

export interface KernelOptions {
  /**
   * Whether to use the wide tile. It changes the speed and no bit: faster where the engine joins pairs of 128-bit
   * operations, slower elsewhere.
   */
  readonly wide?: boolean;
}

export function instantiateKernels(
  module: KernelModule,
  memory: KernelMemory,
  { wide = false }: KernelOptions = {},
): Kernels {
  const kernels = new Instance(module, { env: { memory } }).exports as Kernels & {
    setWide(on: number): void;
  };
  if (wide) kernels.setWide(1);
  return kernels;
}
