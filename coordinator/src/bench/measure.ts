/**
 * Rates from short windows. Machines are noisy and processors slow down when hot, so a rate is the median of
 * several windows, and whoever compares two things takes their windows in turn.
 */

/** Something that works on command; `work` takes a number of steps, or of whatever it counts. */
export type Work = (steps: number) => Promise<void> | void;

export interface Window {
  readonly steps: number;
  readonly seconds: number;
}

export interface Meter {
  /** Works for about `ms` milliseconds. */
  window(ms: number): Promise<Window>;
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (sorted[half - 1]! + upper) / 2;
}

/** The largest distance from the median, as a fraction of it. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return Math.max(...values.map((value) => Math.abs(value - middle))) / middle;
}

/**
 * Works until `warmUpMs` have passed, in runs that double, so that compilers and caches have settled; answers a meter
 * that knows how many steps fill a window. One step is always taken, however long it is.
 */
export async function warmUp(work: Work, warmUpMs: number, now = () => performance.now()): Promise<Meter> {
  const begin = now();
  let steps = 1;
  let rate = await rateOf(work, steps, now);
  while (now() - begin < warmUpMs) {
    steps = Math.min(steps * 2, stepsIn(warmUpMs, rate));
    rate = await rateOf(work, steps, now);
  }
  return {
    async window(ms) {
      const count = stepsIn(ms, rate);
      const from = now();
      await work(count);
      const seconds = (now() - from) / 1000;
      rate = count / seconds;
      return { steps: count, seconds };
    },
  };
}

async function rateOf(work: Work, steps: number, now: () => number): Promise<number> {
  const begin = now();
  await work(steps);
  return steps / ((now() - begin) / 1000);
}

/** A clock that stands still, as some do for short work, gives an endless rate. */
function stepsIn(ms: number, rate: number): number {
  return Number.isFinite(rate) ? Math.max(1, Math.round((rate * ms) / 1000)) : 1000;
}
