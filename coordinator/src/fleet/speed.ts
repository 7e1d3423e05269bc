/**
 * How fast a worker is, from its own history alone: medians of the last answers and their median absolute deviation
 * (MAD), which a few strange values do not move. A node of s shards is expected to take exchange + s x perShard
 * milliseconds, where the exchange is everything that does not grow with s: weights down, a gradient up.
 */

/** Answers that are remembered. */
const WINDOW = 9;
/** What a worker gets for its very first node; afterwards its own history speaks. */
export const FIRST_LEASE_MS = 5_000;
/** A lease lasts the median and so many MADs, */
const LEASE_MADS = 6;
/** and at least half as long again, since a few equal values have no deviation. */
const LEASE_MARGIN = 0.5;
const LEASE_MARGIN_MS = 50;
/** Never more than twice the median and this: the step must not wait for somebody who is gone. */
const LEASE_MEDIANS_MAX = 2;
const LEASE_EXTRA_MS_MAX = 100;
/** No time is shorter, so that a clock without resolution makes nobody infinitely fast. */
const TIME_MS_MIN = 0.001;

export interface Estimate {
  readonly exchangeMs: number;
  readonly exchangeMadMs: number;
  readonly perShardMs: number;
  readonly perShardMadMs: number;
}

export interface Speed {
  readonly exchanges: number[];
  readonly perShard: number[];
  /** The largest node that was answered, in shards: what is much larger was never tried. */
  shardsMax: number;
  /** Absent until the first answer. */
  estimate: Estimate | undefined;
}

export interface Answer {
  /** From when the worker could begin until its answer was there. */
  readonly durationMs: number;
  /** What the worker says it computed; it splits the duration, and no more. */
  readonly computeMs: number;
  readonly shards: number;
  /** Whether the worker had to fetch the weights first and to wait for nothing else. */
  readonly whole: boolean;
}

export function newSpeed(): Speed {
  return { exchanges: [], perShard: [], shardsMax: 0, estimate: undefined };
}

export function observe(speed: Speed, { durationMs, computeMs, shards, whole }: Answer): void {
  const duration = Math.max(durationMs, TIME_MS_MIN);
  const compute = Math.min(Math.max(computeMs, TIME_MS_MIN), duration);
  if (whole || speed.exchanges.length === 0) push(speed.exchanges, duration - compute);
  push(speed.perShard, compute / shards);
  speed.shardsMax = Math.max(speed.shardsMax, shards);
  const exchangeMs = median(speed.exchanges);
  const perShardMs = median(speed.perShard);
  speed.estimate = {
    exchangeMs,
    exchangeMadMs: mad(speed.exchanges, exchangeMs),
    perShardMs,
    perShardMadMs: mad(speed.perShard, perShardMs),
  };
}

export function predictMs({ exchangeMs, perShardMs }: Estimate, shards: number): number {
  return exchangeMs + shards * perShardMs;
}

/** How long a worker may hold nodes of `shards` in all before somebody else is asked. */
export function leaseMs({ estimate }: Speed, shards: number): number {
  if (estimate === undefined) return FIRST_LEASE_MS;
  const expected = predictMs(estimate, shards);
  const spread = estimate.exchangeMadMs + shards * estimate.perShardMadMs;
  const margin = Math.max(LEASE_MADS * spread, LEASE_MARGIN * expected + LEASE_MARGIN_MS);
  return Math.min(expected + margin, LEASE_MEDIANS_MAX * expected + LEASE_EXTRA_MS_MAX);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function mad(values: readonly number[], center: number): number {
  return median(values.map((value) => Math.abs(value - center)));
}

function push(window: number[], value: number): void {
  window.push(value);
  if (window.length > WINDOW) window.shift();
}
