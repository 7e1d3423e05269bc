/** Sample weights: numbers of 0 or more of which at least one is above 0, as float32 in shared memory. */

import { UserError } from '@hivegrad/shared/errors';

/**
 * Checks and rounds `values`, one per sample. `place(i)` names where value i stands, "a.csv, line 3, column "w"";
 * `path` names the whole. Errors: DATA_WEIGHT.
 */
export function sampleWeights(
  values: ArrayLike<number>,
  { path, place }: { path: string; place: (index: number) => string },
): SharedArrayBuffer {
  const rows = new SharedArrayBuffer(4 * values.length);
  const weights = new Float32Array(rows);
  let positive = false;
  for (let i = 0; i < values.length; i++) {
    const value = Math.fround(values[i]!);
    if (!(value >= 0 && Number.isFinite(value))) {
      const message = `${place(i)}: the weight ${values[i]} is not a number of 0 or more; correct it.`;
      throw new UserError('DATA_WEIGHT', message);
    }
    positive ||= value > 0;
    weights[i] = value;
  }
  if (!positive) {
    const message = `Every weight in the training part of ${path} is 0, so nothing would be learnt; give some samples a weight.`;
    throw new UserError('DATA_WEIGHT', message);
  }
  return rows;
}
