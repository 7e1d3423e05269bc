import { describe, expect, it } from 'vitest';
import { extentOf, linearScale, logScale, spansDecades } from './scale.ts';

const range = { from: 0, to: 100, ticks: 5 };
const labels = (scale: { ticks: readonly number[]; label(tick: number): string }) =>
  scale.ticks.map((tick) => scale.label(tick));

describe('linearScale', () => {
  it.each([
    [
      [0, 1],
      ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'],
    ],
    [
      [0, 0.093],
      ['0.00', '0.02', '0.04', '0.06', '0.08', '0.10'],
    ],
    [
      [-3, 7],
      ['-4', '-2', '0', '2', '4', '6', '8'],
    ],
    [
      [0, 48_000],
      ['0', '10,000', '20,000', '30,000', '40,000', '50,000'],
    ],
    [
      [0.9, 0.99],
      ['0.90', '0.92', '0.94', '0.96', '0.98', '1.00'],
    ],
    [
      [0, 4e-6],
      ['0', '1e-6', '2e-6', '3e-6', '4e-6'],
    ],
  ] as const)('has round ticks over %j', (extent, expected) => {
    expect(labels(linearScale(extent, range))).toEqual(expected);
  });

  it('begins and ends at ticks, or exactly at the ends that were given', () => {
    const rounded = linearScale([0.3, 9.7], range);
    expect([rounded.min, rounded.max, rounded.at(5)]).toEqual([0, 10, 50]);
    const exact = linearScale([0.3, 9.7], { ...range, exact: true });
    expect([exact.min, exact.max, exact.ticks]).toEqual([0.3, 9.7, [2, 4, 6, 8]]);
    expect([exact.at(0.3), exact.at(9.7)]).toEqual([0, 100]);
  });

  it('keeps to whole numbers where it is asked to, and makes room around a single value', () => {
    expect(labels(linearScale([0, 3], { ...range, whole: true }))).toEqual(['0', '1', '2', '3']);
    const single = linearScale([5, 5], range);
    expect(single.min).toBeLessThan(5);
    expect(single.max).toBeGreaterThan(5);
    expect(linearScale([0, 0], range).at(0)).toBe(50);
  });
});

describe('logScale', () => {
  it('has ticks at powers of ten, and at 2 and 5 times them where there are few', () => {
    expect(labels(logScale([0.02, 3], range))).toEqual(['0.02', '0.05', '0.1', '0.2', '0.5', '1', '2']);
    expect(labels(logScale([1e-4, 1], range))).toEqual(['0.0001', '0.001', '0.01', '0.1', '1']);
    expect(logScale([1e-12, 1], range).ticks.length).toBeLessThanOrEqual(6);
  });

  it('gives equal ratios equal lengths', () => {
    const { at } = logScale([0.01, 10], range);
    expect(at(0.1) - at(0.01)).toBeCloseTo(at(10) - at(1), 9);
  });
});

it('spansDecades asks for more than two powers of ten above 0', () => {
  expect(
    [
      [0.01, 1],
      [0.01, 1.1],
      [0, 100],
      [-1, 1000],
    ].map((e) => spansDecades(e as [number, number])),
  ).toEqual([false, true, false, false]);
});

it('extentOf leaves out what is not finite', () => {
  expect(extentOf([3, Number.NaN, -1, Infinity])).toEqual([-1, 3]);
  expect(extentOf([])).toEqual([0, 1]);
});
