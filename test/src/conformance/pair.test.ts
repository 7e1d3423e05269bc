import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { describe, expect, it } from 'vitest';
import { createPair } from './pair.ts';

type Add = Kernels['add'];

/** A pair whose module adds with `add` instead of its own kernel. */
function pairThatAdds(add: (original: Add, words: Uint32Array) => Add) {
  return createPair(1 << 16, {
    amend: (kernels, buffer) => ({ ...kernels, add: add(kernels.add, new Uint32Array(buffer)) }),
  });
}

function checkAdd(pair: ReturnType<typeof createPair>): void {
  pair.check(1, (arena) => {
    const target = arena.inout('target', Float32Array.of(1, 2, 3, NaN, -0));
    const source = arena.input(Float32Array.of(5, 6, 7, 1, -0));
    return (kernels) => kernels.add(target, source, 5);
  });
}

describe('a pair of memories', () => {
  it('accepts a kernel that is right, whatever the bits of its NaNs', () => {
    const pair = pairThatAdds((original, words) => (target, source, length) => {
      original(target, source, length);
      words[target / 4 + 3] = 0xffc54321;
    });
    expect(() => checkAdd(pair)).not.toThrow();
  });

  it('reports one wrong bit and the wrong sign of a zero', () => {
    const wrong = (index: number, word: number) =>
      pairThatAdds((original, words) => (target, source, length) => {
        original(target, source, length);
        words[target / 4 + index] = word;
      });
    expect(() => checkAdd(wrong(0, 0x40c00001))).toThrow(
      'target[0] of 5 is 0x40c00001, the twin has 0x40c00000',
    );
    expect(() => checkAdd(wrong(4, 0))).toThrow('target[4] of 5 is 0x00000000, the twin has 0x80000000');
  });

  it('reports a number where a NaN has to come out', () => {
    const pair = pairThatAdds((original, words) => (target, source, length) => {
      original(target, source, length);
      words[target / 4 + 3] = 0;
    });
    expect(() => checkAdd(pair)).toThrow('target[3]');
  });

  it('reports one byte written behind or before an output, or into an input', () => {
    for (const [what, offset] of [
      ['before all outputs', -1],
      ['20 bytes from the start of target', 5],
      ['target', 25],
    ] as const) {
      const pair = pairThatAdds((original, words) => (target, source, length) => {
        original(target, source, length);
        words[target / 4 + offset]! ^= 1;
      });
      expect(() => checkAdd(pair)).toThrow(what);
    }
  });

  it('reports a kernel that goes on behind the end, though all that it finds there is NaN', () => {
    const pair = pairThatAdds((original) => (target, source, length) => original(target, source, length + 1));
    expect(() => checkAdd(pair)).toThrow(/2[0-3] bytes from the start of target/);
  });

  it('reports an output that the kernel did not write', () => {
    const pair = createPair(1 << 16, { amend: (kernels) => ({ ...kernels, map: () => {} }) });
    expect(() =>
      pair.check(1, (arena) => {
        const source = arena.input(new Float32Array(4));
        const target = arena.output('target', 4);
        return (kernels) => kernels.map(0, source, target, 4);
      }),
    ).toThrow('target[0] of 4 is 0x11111111');
  });

  it('reports an answer that is not the answer of the twin', () => {
    const pair = createPair(1 << 16, { amend: (kernels) => ({ ...kernels, sgd: () => 1 }) });
    expect(() =>
      pair.check(1, (arena) => {
        const [g, w] = [arena.input(Float32Array.of(Infinity)), arena.input(new Float32Array(1))];
        const wNext = arena.output('wNext', 1, () => false);
        return (kernels) => kernels.sgd(g, w, wNext, 0, 0, 1, 1, 0, 0, 0);
      }),
    ).toThrow('the module answers 1, the twin 0');
  });
});
