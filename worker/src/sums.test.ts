import { describe, expect, it } from 'vitest';
import type { Part, Sum } from './sums.ts';
import { addUp, openSums } from './sums.ts';

const planned = { localSlots: 3, remoteSlots: 2, sums: 0, stacks: [0, 0] as const };
const sumIn = (...slots: readonly number[]): Sum => ({
  node: { level: 1, index: 0 },
  parts: slots.map((slot, index) => ({ node: { level: 0, index }, slot, lossSum: 1, correct: 1 })),
  lossSum: slots.length,
  correct: slots.length,
});

describe('numbers of sums', () => {
  it('are never used twice, and those of earlier rounds may be released once more', () => {
    const sums = openSums(planned);
    const numbers = [sums.keep(sumIn(...sums.takeLocal(1))), sums.keep(sumIn(sums.takeRemote()))];
    sums.release(numbers[0]!);
    numbers.push(sums.keep(sumIn(...sums.takeLocal(2))));
    sums.clear();
    numbers.push(sums.keep(sumIn(sums.takeRemote())));
    expect(new Set(numbers).size).toBe(4);
    for (const number of numbers.slice(0, 3)) {
      sums.release(number);
      expect(() => sums.find(number)).toThrow(`the round has no sum ${number}`);
    }
    expect(sums.find(numbers[3]!).lossSum).toBe(1);
  });

  it('of the round are refused where they were released, handed over or never given', () => {
    const sums = openSums(planned);
    const [released, handedOver] = [sums.keep(sumIn(sums.takeRemote())), sums.keep(sumIn(sums.takeRemote()))];
    sums.release(released);
    sums.handOver(handedOver);
    for (const number of [released, handedOver, handedOver + 1, Number.NaN]) {
      expect(() => sums.release(number)).toThrow(`the round has no sum ${number}`);
      expect(() => sums.find(number)).toThrow(`the round has no sum ${number}`);
    }
    // What was handed over is still read.
    expect(sums.remoteLeft()).toBe(1);
  });
});

describe('slots', () => {
  it('are never in two hands, and come back with the sum or the end of the round', () => {
    const sums = openSums(planned);
    const local = sums.takeLocal(3);
    const remote = [sums.takeRemote(), sums.takeRemote()];
    expect([...local, ...remote].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(Math.max(...local)).toBeLessThan(planned.localSlots);
    const number = sums.keep(sumIn(local[0]!, local[2]!));
    sums.release(number);
    sums.giveBack(remote[1]!);
    expect(sums.takeLocal(2).sort()).toEqual([local[0], local[2]]);
    expect(sums.takeRemote()).toBe(remote[1]);
    sums.clear();
    expect(sums.takeLocal(3).sort()).toEqual([0, 1, 2]);
    expect(sums.remoteLeft()).toBe(2);
  });

  it('of local threads and of remote workers are bounded apart, and a refusal takes none', () => {
    const sums = openSums(planned);
    sums.takeLocal(1);
    expect(() => sums.takeLocal(3)).toThrow('there is room for 2 more nodes of the local threads, not for 3');
    expect(sums.takeLocal(2)).toHaveLength(2);
    expect(sums.takeLocal(0)).toEqual([]);
    expect(sums.remoteLeft()).toBe(2);
    sums.takeRemote();
    sums.takeRemote();
    expect(() => sums.takeRemote()).toThrow('there is room for 2 sums of remote workers');
  });
});

describe('addUp', () => {
  const part = (level: number, index: number, lossSum: number): Part => ({
    node: { level, index },
    slot: 10 * level + index,
    lossSum,
    correct: index,
  });

  it('adds losses along the tree, whatever the order of the parts', () => {
    // In float32 each 1 is lost beside the large value, but not both together.
    const parts = [part(0, 4, 2), part(0, 2, 1), part(1, 0, 2 ** 24), part(0, 3, 1)];
    const expected = { lossSum: 2 ** 24 + 4, correct: 4 + 2 + 0 + 3 };
    expect(addUp(parts, { level: 3, index: 0 }, 5)).toMatchObject(expected);
    expect(addUp([...parts].reverse(), { level: 3, index: 0 }, 5)).toMatchObject(expected);
  });

  it('names slots in the order, and answers nothing for a gap or an overlap', () => {
    const [left, right] = [part(1, 0, 1), part(0, 2, 1)];
    expect(addUp([right, left], { level: 2, index: 0 }, 3)!.order).toEqual({
      words: [10, 2, -1],
      length: 3,
      depth: 2,
    });
    expect(addUp([left], { level: 2, index: 0 }, 3)).toBeUndefined();
    expect(addUp([left, left, right], { level: 2, index: 0 }, 3)).toBeUndefined();
  });
});
