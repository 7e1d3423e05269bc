/**
 * The course of loss and accuracy for the charts. Bounded: where it is full every second point goes, so a long run keeps
 * its whole course, ever coarser.
 */

export interface Point {
  /** Steps taken. */
  readonly step: number;
  readonly loss?: number | undefined;
  readonly accuracy?: number | undefined;
}

export const POINTS_MAX = 600;

/** With `point` at the end. A step that came already changes nothing; one before the last begins a new course. */
export function withPoint(points: readonly Point[], point: Point): readonly Point[] {
  const last = points.at(-1);
  if (point.loss === undefined && point.accuracy === undefined) return points;
  if (last?.step === point.step) return points;
  if (last !== undefined && point.step < last.step) return [point];
  const kept = points.length < POINTS_MAX ? points : points.filter((_, i) => i % 2 === 0);
  return [...kept, point];
}

/** At most `count` points, evenly spread, first and last among them. */
export function sampled(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= count) return points;
  const at = (i: number) => points[Math.round((i * (points.length - 1)) / (count - 1))]!;
  return Array.from({ length: count }, (_, i) => at(i));
}
