import { expect, test } from 'vitest';
import { median, spread, warmUp } from './measure.ts';

test('a median is the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('the spread is the largest distance from the median as a fraction', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.2, 12);
});

/** Work on a clock that only work moves: a step costs so many milliseconds. */
function work(msPerStep: () => number) {
  let clock = 0;
  const calls: number[] = [];
  return {
    calls,
    now: () => clock,
    run: (steps: number) => {
      calls.push(steps);
      clock += steps * msPerStep();
    },
  };
}

test('warming up doubles the steps until the time is over; a window then has as many as fill it', async () => {
  const { calls, now, run } = work(() => 1);
  const meter = await warmUp(run, 20, now);
  expect(calls).toEqual([1, 2, 4, 8, 16]);
  expect(await meter.window(50)).toEqual({ steps: 50, seconds: 0.05 });
});

test('a window follows a rate that changes', async () => {
  let cost = 1;
  const { now, run } = work(() => cost);
  const meter = await warmUp(run, 10, now);
  cost = 5;
  expect(await meter.window(50)).toEqual({ steps: 50, seconds: 0.25 });
  expect(await meter.window(50)).toEqual({ steps: 10, seconds: 0.05 });
});

test('work that takes longer than a window is done once', async () => {
  const { calls, now, run } = work(() => 900);
  const meter = await warmUp(run, 10, now);
  expect(await meter.window(50)).toEqual({ steps: 1, seconds: 0.9 });
  expect(calls).toEqual([1, 1]);
});

test('a clock that stands still gives windows that end', async () => {
  let clock = 0;
  const meter = await warmUp(
    () => {},
    10,
    () => {
      clock += 4;
      return Math.floor(clock / 100) * 100;
    },
  );
  expect((await meter.window(50)).steps).toBeGreaterThan(0);
});
