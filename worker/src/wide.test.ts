import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { expect, it } from 'vitest';
import { hasWideKernels, loadWideKernels } from './wide.ts';

it('loads kernels that give the known answer, wide where this machine has them, as often as asked', async () => {
  for (let times = 0; times < 2; times++) {
    const { module, wide, warning } = await loadWideKernels();
    expect({ wide, warning }).toEqual({ wide: hasWideKernels(), warning: undefined });
    const memory = createMemory(KNOWN_ANSWER_BYTES);
    expect(knownAnswer(instantiateKernels(module, memory, { wide }), memory, 0)).toBe(KNOWN_ANSWER);
  }
});
