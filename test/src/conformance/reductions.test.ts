import fc from 'fast-check';
import { describe, it } from 'vitest';
import { dataSeed, flavour, forAll, lengths } from './cases.ts';
import { type Flavour, floats } from './data.ts';
import { createPair } from './pair.ts';

interface Sum {
  length: number;
  slots: number;
  /** Floats between the end of a slot and the next. */
  gap: number;
  samples: number;
  seed: number;
  flavour: Flavour;
}

const sums = fc.record<Sum>({
  length: lengths,
  slots: fc.integer({ min: 1, max: 17 }),
  gap: fc.constantFrom(0, 1, 3, 16),
  samples: fc.constantFrom(1, 3, 32, 60_000, 16_777_217),
  seed: dataSeed,
  flavour,
});
const pair = createPair(2 << 20);

function checkTreeMean({ length, slots, gap, samples, seed, flavour }: Sum): void {
  pair.check(seed, (arena) => {
    const stride = (length + gap) * 4;
    const source = arena.input(floats(slots * (length + gap), seed, flavour));
    const target = arena.output('target', length);
    const scratch = arena.scratch(32 * 512 * 4);
    return (kernels) => kernels.treeMean(source, stride, slots, length, samples, target, scratch);
  });
}

describe('treeMean', () => {
  it('has the bits of the twin for all remainders, strides and numbers of slots', () => {
    forAll(sums, 400, checkTreeMean);
  });

  it('has the bits of the twin for every number of slots', () => {
    for (let slots = 1; slots <= 65; slots++) {
      checkTreeMean({ length: 21, slots, gap: 2, samples: 7, seed: slots, flavour: 'wide' });
    }
  });

  it('answers 0 wherever the one value that is not finite stands', () => {
    for (const length of [1, 2, 3, 4, 5, 7, 8, 513, 514, 515, 516]) {
      for (const at of new Set([0, 1, 3, 4, 511, 512, length - 1])) {
        if (at >= length) continue;
        for (const value of [Infinity, -Infinity, NaN, 3e38]) {
          pair.check(at, (arena) => {
            const slots = floats(2 * length, at, 'plain');
            slots[at] = value;
            slots[length + at] = value;
            const source = arena.input(slots);
            const target = arena.output('target', length);
            const scratch = arena.scratch(32 * 512 * 4);
            return (kernels) => {
              const answer = kernels.treeMean(source, length * 4, 2, length, 1, target, scratch);
              if (answer !== 0) throw new Error(`${value} at ${at} of ${length} was taken for finite`);
              return answer;
            };
          });
        }
      }
    }
  });
});

describe('add', () => {
  it('has the bits of the twin for all remainders and touches nothing behind', () => {
    forAll(sums, 300, ({ length, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const target = arena.inout('target', floats(length, seed, flavour));
        const source = arena.input(floats(length, seed + 1, flavour));
        return (kernels) => kernels.add(target, source, length);
      });
    });
  });
});

describe('copy', () => {
  it('keeps every bit for all remainders and touches nothing behind', () => {
    forAll(sums, 100, ({ length, seed, flavour }) => {
      pair.check(seed, (arena) => {
        const source = arena.input(floats(length, seed, flavour));
        const target = arena.output('target', length);
        return (kernels) => kernels.copy(source, target, length);
      });
    });
  });
});
