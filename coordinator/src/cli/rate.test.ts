import { describe, expect, it } from 'vitest';
import { createRate } from './rate.ts';

describe('createRate', () => {
  it('tells nothing within the first second', () => {
    const rate = createRate();
    expect([rate(0, 0), rate(999, 50)]).toEqual([undefined, undefined]);
    expect(rate(1000, 50)).toBe(50);
  });

  it('forgets what is older than ten seconds, and falls to 0 where nothing comes any more', () => {
    const rate = createRate();
    rate(0, 100);
    expect(rate(5000, 600)).toBe(100);
    expect(rate(10_000, 600)).toBe(50);
    expect(rate(12_500, 600)).toBe(40);
    expect(rate(15_000, 600)).toBe(0);
    expect(rate(15_500, 1020)).toBe(40);
  });

  it('is that up to the last total, also where they come faster than they are kept', () => {
    const rate = createRate();
    for (let ms = 0; ms < 2000; ms++) rate(ms, ms * 3);
    expect(rate(1999, 5997)).toBe(3000);
  });
});
