import { describe, expect, it } from 'vitest';
import { POINTS_MAX, type Point, sampled, withPoint } from './history.ts';

const course = (count: number) => {
  let points: readonly Point[] = [];
  for (let step = 1; step <= count; step++) points = withPoint(points, { step, loss: 1 / step });
  return points;
};

describe('withPoint', () => {
  it('leaves out what has no value, and a step that came already', () => {
    const points = course(2);
    expect(withPoint(points, { step: 3 })).toBe(points);
    expect(withPoint(points, { step: 2, loss: 7 })).toBe(points);
    expect(withPoint(points, { step: 3, accuracy: 0.5 })).toHaveLength(3);
  });

  it('begins anew where the run went back', () => {
    expect(withPoint(course(5), { step: 2, loss: 3 })).toEqual([{ step: 2, loss: 3 }]);
  });

  it('keeps the whole course of a long run, ever coarser', () => {
    const points = course(100_000);
    expect(points.length).toBeLessThanOrEqual(POINTS_MAX);
    expect(points.length).toBeGreaterThan(POINTS_MAX / 2);
    expect([points[0]!.step, points.at(-1)!.step]).toEqual([1, 100_000]);
  });
});

describe('sampled', () => {
  it('spreads its choice over the whole course, with both ends', () => {
    expect(sampled(course(101), 5).map(({ step }) => step)).toEqual([1, 26, 51, 76, 101]);
    const few = course(3);
    expect(sampled(few, 5)).toBe(few);
  });
});
