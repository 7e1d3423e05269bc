import { describe, expect, it } from 'vitest';
import { type Rate, samplesPerSecond, withCount } from './rate.ts';

function rateOf(...counts: readonly (readonly [number, number])[]): Rate {
  let rate: Rate = [];
  for (const [atMs, samples] of counts) rate = withCount(rate, atMs, samples);
  return rate;
}

describe('the rate', () => {
  it('is unknown until there are two counts', () => {
    expect(samplesPerSecond(rateOf())).toBe(undefined);
    expect(samplesPerSecond(rateOf([0, 5]))).toBe(undefined);
    expect(samplesPerSecond(rateOf([0, 5], [500, 15]))).toBe(20);
  });

  it('is that of the last ten seconds, and falls to nothing in a pause', () => {
    const counts = Array.from({ length: 300 }, (_, i) => [i * 100, i * 7] as const);
    const rate = rateOf(...counts);
    expect(samplesPerSecond(rate)).toBeCloseTo(70, 9);
    expect(rate.length).toBeLessThan(15);
    const paused = [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41].map((s) => [s * 1000, 2093] as const);
    expect(samplesPerSecond(rateOf(...counts, ...paused))).toBe(0);
  });

  it('begins anew with a count that is smaller', () => {
    expect(samplesPerSecond(rateOf([0, 100], [1000, 200], [2000, 0], [3000, 30]))).toBe(30);
  });
});
