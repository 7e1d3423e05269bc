import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeWasm, relaxedInstructions } from './wasm-module.ts';
import { root } from './workspace.ts';

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module that imports a memory with the given flags and whose one function consists of `instructions`. */
function moduleOf(instructions: readonly number[], memoryFlags = 3): Uint8Array {
  const body = [0, ...instructions, 0x0b];
  const memory = [1, 0x65, 1, 0x6d, 2, memoryFlags, 1, 1];
  return new Uint8Array([
    ...header,
    ...[1, 4, 1, 0x60, 0, 0],
    ...[2, memory.length + 1, 1, ...memory],
    ...[3, 2, 1, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
}

describe('the built kernels', () => {
  const kernels = decodeWasm(readFileSync(join(root, 'shared/dist/kernels.wasm')));

  it('hold no relaxed instruction, and so no fused multiply-add, among those of SIMD', () => {
    const [mul, add] = ['fd:e6', 'fd:e4'].map((key) => kernels.instructions.get(key) ?? 0);
    expect(mul).toBeGreaterThan(0);
    expect(add).toBeGreaterThan(0);
    expect(relaxedInstructions(kernels)).toEqual([]);
  });

  it('import one shared memory and nothing else', () => {
    expect(kernels.imports).toEqual([{ module: 'env', name: 'memory', kind: 'memory', isShared: true }]);
  });

  it('write nothing when a thread instantiates them over a memory in use', () => {
    expect(kernels.dataSegments).toBe(0);
    expect(kernels.hasStart).toBe(false);
  });
});

describe('decodeWasm', () => {
  it('finds a fused multiply-add as relaxed', () => {
    expect(relaxedInstructions(decodeWasm(moduleOf([0xfd, 0x85, 0x02])))).toEqual(['fd:105']);
  });

  it('does not take the bytes of a constant for instructions', () => {
    const constant = [0xfd, 0x0c, ...Array.from({ length: 8 }, () => [0xfd, 0x85]).flat()];
    const decoded = decodeWasm(moduleOf([...constant, 0x1a]));
    expect([...decoded.instructions.keys()]).toEqual(['fd:c', '1a', 'b']);
  });

  it('tells a shared memory from one that is not', () => {
    expect(decodeWasm(moduleOf([])).imports[0]?.isShared).toBe(true);
    expect(decodeWasm(moduleOf([], 1)).imports[0]?.isShared).toBe(false);
  });

  it('counts data segments and sees a start function', () => {
    const decoded = decodeWasm(new Uint8Array([...header, 8, 1, 0, 11, 4, 1, 1, 1, 0x2a]));
    expect(decoded).toMatchObject({ dataSegments: 1, hasStart: true });
  });

  it('refuses an opcode that it does not know, and a module that ends too soon', () => {
    expect(() => decodeWasm(moduleOf([0xfd, 0x94, 0x02]))).toThrow('unknown instruction fd:114');
    expect(() => decodeWasm(moduleOf([]).subarray(0, 20))).toThrow('the module ends inside an item');
    expect(() => decodeWasm(new Uint8Array(8))).toThrow('not a WebAssembly module');
  });
});
