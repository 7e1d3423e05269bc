/** Mean and spread over seeds. */

export interface Statistic {
  readonly mean: number;
  /** Standard deviation of the values, with n - 1 in the denominator; null where there is one value. */
  readonly deviation: number | null;
  /** Number of values. */
  readonly n: number;
}

/** Undefined where there is no value: nothing has no mean, and no mean is 0. */
export function statisticOf(values: readonly number[]): Statistic | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, deviation: null, n };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, deviation: Math.sqrt(squares / (n - 1)), n };
}
