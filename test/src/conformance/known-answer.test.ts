import {
  KNOWN_ANSWER,
  KNOWN_ANSWER_BYTES,
  knownAnswer,
  knownResults,
} from '@hivegrad/shared/kernels/known-answer';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { describe, expect, it } from 'vitest';
import { loadKernelModule } from './pair.ts';

const base = 65_536;
const memory = createMemory(base + KNOWN_ANSWER_BYTES);
const module = instantiateKernels(loadKernelModule(), memory);

describe('the known-answer test', () => {
  it('finds the same bits in the module and in its twin', () => {
    const buffer = new ArrayBuffer(KNOWN_ANSWER_BYTES);
    const twin = knownResults(createReferenceKernels(buffer), { buffer }, 0);
    expect(knownResults(module, memory, base)).toEqual(twin);
  });

  it('has the answer that is written down, from the module', () => {
    expect(knownAnswer(module, memory, base)).toBe(KNOWN_ANSWER);
  });

  it('gives the answer again in a memory full of NaNs and writes nothing outside its bytes', () => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(0xff);
    expect(knownAnswer(module, memory, base)).toBe(KNOWN_ANSWER);
    expect(bytes.subarray(0, base).every((byte) => byte === 0xff)).toBe(true);
    expect(bytes.subarray(base + KNOWN_ANSWER_BYTES).every((byte) => byte === 0xff)).toBe(true);
  });
});
