import { describe, expect, it } from 'vitest';
import { createLimit } from './watch.ts';

describe('the time after which a phase counts as hung', () => {
  it('comes from the first estimate until three phases were seen', () => {
    const limit = createLimit(500);
    expect(limit.ms()).toBe(3500);
    limit.learn(1);
    limit.learn(2);
    expect(limit.ms()).toBe(3500);
    limit.learn(3);
    expect(limit.ms()).toBe(3000 + 8 * (2 + 4 * 1));
  });

  it('is eight times the median, and four deviations, above a grace of three seconds', () => {
    const limit = createLimit(0);
    for (const ms of [100, 90, 110, 130, 70]) limit.learn(ms);
    // The median is 100; the deviations 0, 10, 10, 30, 30 have the median 10.
    expect(limit.ms()).toBe(3000 + 8 * (100 + 4 * 10));
  });

  it('does not grow because of a few phases that took for ever', () => {
    const limit = createLimit(0);
    for (let i = 0; i < 20; i++) limit.learn(100);
    const before = limit.ms();
    for (let i = 0; i < 5; i++) limit.learn(1e6);
    expect(limit.ms()).toBe(before);
  });

  it('follows phases that became longer, and forgets those of long ago', () => {
    const limit = createLimit(0);
    for (let i = 0; i < 31; i++) limit.learn(10);
    for (let i = 0; i < 16; i++) limit.learn(1000);
    expect(limit.ms()).toBeGreaterThan(3000 + 8 * 1000 - 1);
    for (let i = 0; i < 15; i++) limit.learn(1000);
    expect(limit.ms()).toBe(3000 + 8 * 1000);
  });

  it('doubles after each alarm, before and after there is a history', () => {
    const limit = createLimit(1000);
    limit.double();
    expect(limit.ms()).toBe(8000);
    for (let i = 0; i < 3; i++) limit.learn(50);
    expect(limit.ms()).toBe(2 * 3400);
    limit.double();
    expect(limit.ms()).toBe(4 * 3400);
  });
});
