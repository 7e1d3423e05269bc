/**
 * Standardizing rows of float32: (x - mean) / deviation by column. Like the encoding of tables it uses only
 * + - * / and sqrt, in row order, in float64, rounded once.
 */

export interface Moments {
  /** One per column. */
  readonly means: readonly number[];
  /** Population deviations; 1 where a column is constant. */
  readonly deviations: readonly number[];
}

/** Mean and deviation of each column over some rows. */
export function momentsOfRows(
  { rows: buffer, width }: { rows: SharedArrayBuffer; width: number },
  indices: Uint32Array,
): Moments {
  const values = new Float32Array(buffer);
  const first = (indices[0] ?? 0) * width;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  const varies = new Uint8Array(width);
  for (const row of indices) {
    for (let column = 0, at = row * width; column < width; column++, at++) {
      sums[column]! += values[at]!;
      if (values[at] !== values[first + column]) varies[column] = 1;
    }
  }
  // The mean of equal values may round to a neighbour, and the tiny deviation would blow it up.
  const means = sums.map((sum, column) =>
    varies[column] === 1 ? sum / indices.length : values[first + column]!,
  );
  for (const row of indices) {
    for (let column = 0, at = row * width; column < width; column++, at++) {
      const distance = values[at]! - means[column]!;
      squares[column]! += distance * distance;
    }
  }
  const deviations = Array.from(squares, (sum) => Math.sqrt(sum / indices.length) || 1);
  return { means: [...means], deviations };
}

/** Replaces every row of `buffer`; returns the first row that float32 cannot hold then, or -1. */
export function standardizeRows(buffer: SharedArrayBuffer, { means, deviations }: Moments): number {
  const values = new Float32Array(buffer);
  const width = means.length;
  for (let begin = 0; begin < values.length; begin += width) {
    for (let column = 0; column < width; column++) {
      const value = Math.fround((values[begin + column]! - means[column]!) / deviations[column]!);
      if (!Number.isFinite(value)) return begin / width;
      values[begin + column] = value;
    }
  }
  return -1;
}
