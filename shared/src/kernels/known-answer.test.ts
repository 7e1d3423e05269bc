import { describe, expect, it } from 'vitest';
import type { Kernels } from './kernels.ts';
import {
  type Arithmetic,
  backwards,
  exact,
  flushSubnormals,
  fromMinusZero,
  fused,
  type KernelName,
  leftToRight,
  loseSignsOfZeros,
  recomputed,
  type Spoil,
  spoilt,
} from './known-answer.test.support.ts';
import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer, knownResults } from './known-answer.ts';
import { createReferenceKernels } from './reference/reference.ts';

const buffer = new ArrayBuffer(KNOWN_ANSWER_BYTES);
const twin = createReferenceKernels(buffer);
const answerOf = (kernels: Kernels) => {
  // What a kernel writes is found by comparing, so nothing may lie there from the time before.
  new Uint8Array(buffer).fill(0xff);
  return knownAnswer(kernels, { buffer }, 0);
};

/** The twin with one kernel of another arithmetic. */
function withArithmetic(name: KernelName, arithmetic: Arithmetic): Kernels {
  const other = recomputed(buffer, arithmetic);
  return { ...twin, [name]: (...args: number[]) => (other[name] as (...args: number[]) => unknown)(...args) };
}

describe('the known answer', () => {
  it('is given by the plain twin', () => {
    expect(answerOf(twin)).toBe(KNOWN_ANSWER);
  });

  it('depends neither on where the test works nor on what was there, and leaves the rest of a memory alone', () => {
    const memory = new Uint8Array(KNOWN_ANSWER_BYTES + 1024).fill(0xff);
    const kernels = createReferenceKernels(memory.buffer);
    expect(knownAnswer(kernels, memory, 388)).toBe(KNOWN_ANSWER);
    expect(memory.subarray(0, 388).every((byte) => byte === 0xff)).toBe(true);
    expect(memory.subarray(388 + KNOWN_ANSWER_BYTES).every((byte) => byte === 0xff)).toBe(true);
  });

  it('rests on subnormals, zeros of both signs and infinities, and on no NaN', () => {
    const results = knownResults(twin, { buffer }, 0);
    const count = (is: (word: number) => boolean) => results.filter((word) => is(word >>> 0)).length;
    expect(count((word) => (word & 0x7fffffff) > 0x7f800000)).toBe(0);
    expect(count((word) => (word & 0x7f800000) === 0 && (word & 0x7fffff) !== 0)).toBeGreaterThan(100);
    expect(count((word) => word === 0x80000000)).toBeGreaterThan(50);
    expect(count((word) => word === 0)).toBeGreaterThan(50);
    expect(count((word) => word === 0x7f800000)).toBeGreaterThan(0);
  });

  it('changes with one wrong bit in the output of any single call', () => {
    const names = Object.keys(twin) as KernelName[];
    for (const name of names) {
      let calls = 0;
      answerOf(spoilt(buffer, name, (_words, written) => (calls += Math.min(1, written.length))));
      expect(calls, name).toBeGreaterThan(0);
      for (let wrong = 0; wrong < calls; wrong++) {
        let call = 0;
        const flip: Spoil = (words, written) => {
          if (written.length > 0 && call++ === wrong) words[written[0]!]! ^= 1;
        };
        expect(answerOf(spoilt(buffer, name, flip)), `${name}, call ${wrong}`).not.toBe(KNOWN_ANSWER);
      }
    }
  });

  it('changes when a kernel takes what is not finite for finite', () => {
    for (const answer of [0, 1]) {
      const treeMean: Kernels['treeMean'] = (...args) => {
        twin.treeMean(...args);
        return answer;
      };
      const sgd: Kernels['sgd'] = (...args) => {
        twin.sgd(...args);
        return answer;
      };
      expect(answerOf({ ...twin, treeMean })).not.toBe(KNOWN_ANSWER);
      expect(answerOf({ ...twin, sgd })).not.toBe(KNOWN_ANSWER);
    }
  });

  it.each<KernelName>([
    'rowsToPanels',
    'panelsToRows',
    'copy',
    'denseForward',
    'denseForwardRows',
    'activate',
    'activationBackward',
    'dropout',
    'denseInputGradient',
    'denseWeightGradient',
    'denseBiasGradient',
    'softmaxCrossEntropy',
    'squaredError',
    'binaryCrossEntropy',
    'softmax',
    'add',
    'treeMean',
    'scale',
    'sgd',
    'adam',
    'scaledByRootMeanSquare',
    'map',
  ])('changes when %s flushes subnormals', (name) => {
    expect(answerOf(spoilt(buffer, name, flushSubnormals))).not.toBe(KNOWN_ANSWER);
  });

  it.each<KernelName>([
    'rowsToPanels',
    'panelsToRows',
    'copy',
    'denseForward',
    'activate',
    'activationBackward',
    'dropout',
    'treeMean',
    'sgd',
    'adam',
    'scaledByRootMeanSquare',
    'map',
  ])('changes when %s loses the signs of zeros', (name) => {
    expect(answerOf(spoilt(buffer, name, loseSignsOfZeros))).not.toBe(KNOWN_ANSWER);
  });

  it('changes when squares are summed in one column, or take a subnormal for zero', () => {
    const floats = new Float32Array(buffer);
    const sums = new DataView(buffer);
    const inOrder: Kernels['squareSums'] = (source, length, target) => {
      for (let start = 0; start < length; start += 512) {
        const block = floats.subarray(source / 4 + start, source / 4 + Math.min(start + 512, length));
        const sum = block.reduce((total, x) => total + x * x, 0);
        sums.setFloat64(target + start / 64, sum, true);
      }
    };
    expect(answerOf({ ...twin, squareSums: inOrder })).not.toBe(KNOWN_ANSWER);
    const flushing: Kernels['squareSums'] = (source, length, target) => {
      for (let i = source / 4; i < source / 4 + length; i++)
        if (Math.abs(floats[i]!) < 1.2e-38) floats[i] = 0;
      twin.squareSums(source, length, target);
    };
    expect(answerOf({ ...twin, squareSums: flushing })).not.toBe(KNOWN_ANSWER);
  });

  it.each(['clamp', 'scale'] as const)(
    'changes when %s takes a subnormal for zero, or makes +0 of -0',
    (name) => {
      const words = new Uint32Array(buffer);
      for (const spoil of [flushSubnormals, loseSignsOfZeros]) {
        const spoiling = (target: number, length: number, scalar: number) => {
          twin[name](target, length, scalar);
          const all = Array.from({ length }, (_, i) => target / 4 + i);
          spoil(words, all);
        };
        expect(answerOf({ ...twin, [name]: spoiling })).not.toBe(KNOWN_ANSWER);
      }
    },
  );

  it('changes when add makes +0 of two negative zeros', () => {
    const floats = new Float32Array(buffer);
    const add: Kernels['add'] = (target, source, length) => {
      twin.add(target, source, length);
      for (let i = target / 4; i < target / 4 + length; i++) floats[i]! += 0;
    };
    expect(answerOf({ ...twin, add })).not.toBe(KNOWN_ANSWER);
  });
});

const products = ['denseForward', 'denseForwardRows', 'denseInputGradient', 'denseWeightGradient'] as const;

describe('the known answer under another arithmetic', () => {
  it.each<KernelName>([...products, 'denseBiasGradient', 'treeMean', 'sgd'])(
    'stays when %s computes exactly, in another way',
    (name) => {
      expect(answerOf(withArithmetic(name, exact))).toBe(KNOWN_ANSWER);
    },
  );

  it.each<KernelName>([...products, 'sgd'])('changes when %s fuses multiplications and additions', (name) => {
    expect(answerOf(withArithmetic(name, fused))).not.toBe(KNOWN_ANSWER);
  });

  it.each<KernelName>([...products, 'denseBiasGradient'])('changes when %s sums backwards', (name) => {
    expect(answerOf(withArithmetic(name, backwards))).not.toBe(KNOWN_ANSWER);
  });

  it.each<KernelName>([...products, 'denseBiasGradient'])('changes when sums of %s start at -0', (name) => {
    expect(answerOf(withArithmetic(name, fromMinusZero))).not.toBe(KNOWN_ANSWER);
  });

  it.each<KernelName>(['denseWeightGradient', 'denseBiasGradient', 'treeMean'])(
    'changes when %s adds from left to right instead of along the tree',
    (name) => {
      expect(answerOf(withArithmetic(name, leftToRight))).not.toBe(KNOWN_ANSWER);
    },
  );
});
