/** Samples per second over the last seconds, from a count that only grows. */

/** Long enough to be calm at one result a second, short enough to show a pause. */
const WINDOW_MS = 10_000;

interface Mark {
  readonly atMs: number;
  readonly samples: number;
}

export type Rate = readonly Mark[];

/** With a count that holds at `atMs`. Marks closer than a second are merged, so there are few. */
export function withCount(rate: Rate, atMs: number, samples: number): Rate {
  const recent = rate.filter((mark) => mark.atMs > atMs - WINDOW_MS);
  // The newest mark before the window says what the count was when the window began.
  const before = rate[rate.length - recent.length - 1];
  const base = before === undefined ? recent : [before, ...recent];
  const last = base.at(-1);
  if (last !== undefined && samples < last.samples) return [{ atMs, samples }];
  const isClose = base.length > 1 && atMs - base.at(-2)!.atMs < 1000;
  return [...(isClose ? base.slice(0, -1) : base), { atMs, samples }];
}

/** Undefined until there are two counts. */
export function samplesPerSecond(rate: Rate): number | undefined {
  const [first, last] = [rate[0], rate.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  return ((last.samples - first.samples) / (last.atMs - first.atMs)) * 1000;
}
