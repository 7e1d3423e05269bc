import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataSeed, flavour, forAll, lengths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import { createPair } from './pair.ts';
import { memory, put, room, startOver, take, twin } from './twin.ts';

interface Vector {
  length: number;
  /** Limits and factors. */
  scalar: number;
  seed: number;
  flavour: Flavour;
}

const vectors = fc.record<Vector>({
  length: fc.oneof(lengths, fc.constantFrom(0, 1024, 1535, 1537)),
  scalar: fc.constantFrom(0.5, 1, 1e-3, 1e-40, 3.4e38, 0.1),
  seed: dataSeed,
  flavour,
});
const pair = createPair(1 << 16);

describe.each(['clamp', 'scale'] as const)('%s', (name) => {
  it('has the bits of the twin for all remainders and touches nothing behind', () => {
    forAll(vectors, 300, ({ length, scalar, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const target = arena.inout('target', floats(length, seed, flavour));
        return (kernels) => kernels[name](target, length, scalar);
      });
    });
  });
});

describe('squareSums', () => {
  it('has the bits of the twin for all remainders, whatever lies behind the end', () => {
    forAll(vectors, 400, ({ length, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const values = floats(length, seed, flavour);
        const source = arena.input(values);
        // Of a sum that is not a number only the upper half shows it.
        const isNumber = (index: number) =>
          !values.subarray((index >> 1) * 512, ((index >> 1) + 1) * 512).includes(NaN);
        const sums = 2 * Math.ceil(length / 512);
        const target = arena.output('target', sums, (index) => (index & 1) === 1 || isNumber(index));
        return (kernels) => kernels.squareSums(source, length, target);
      });
    });
  });

  it('has the bits of the twin for every length up to three blocks', () => {
    for (let length = 1; length <= 1540; length++) {
      pair.check(length, (arena) => {
        const source = arena.input(floats(length, length, 'wide'));
        const target = arena.output('target', 2 * Math.ceil(length / 512));
        return (kernels) => kernels.squareSums(source, length, target);
      });
    }
  });
});

describe('the twins of clipping', () => {
  it('clamp keeps what lies between the limits, zeros with their signs, and NaN', () => {
    startOver();
    const at = put([0.5, -0.5, 0.75, -0.75, 0, -0, NaN, Infinity, -Infinity]);
    twin.clamp(at, 9, 0.5);
    expect(take(at, 9)).toEqual([0.5, -0.5, 0.5, -0.5, 0, -0, NaN, 0.5, -0.5]);
  });

  it('scale multiplies and rounds once', () => {
    startOver();
    const values = floats(100, 3, 'wide');
    const at = put(values);
    twin.scale(at, 100, 0.1);
    expect(take(at, 100)).toEqual([...values].map((x) => Math.fround(x * Math.fround(0.1))));
  });

  it('squareSums adds columns along the tree, and its order shows', () => {
    startOver();
    const length = 512 + 77;
    const values = floats(length, 4, 'wide');
    const [target, source] = [room(4), put(values)];
    twin.squareSums(source, length, target);
    const blocks = [values.subarray(0, 512), values.subarray(512)];
    const expected = blocks.map((block) => {
      const column = (c: number) => [...block].reduce((sum, x, i) => (i % 8 === c ? sum + x * x : sum), 0);
      const [left, right] = [column(0) + column(1), column(2) + column(3)];
      return left + right + (column(4) + column(5) + (column(6) + column(7)));
    });
    expect([...new Float64Array(memory.buffer, target, 2)]).toEqual(expected);
    const inOrder = blocks.map((block) => block.reduce((sum, x) => sum + x * x, 0));
    expect(inOrder).not.toEqual(expected);
    for (const [i, sum] of inOrder.entries()) expect(sum / expected[i]!).toBeCloseTo(1, 12);
  });
});
