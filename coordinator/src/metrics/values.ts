/**
 * How far answers that are numbers are from the truth: root mean squared error, mean absolute error and the
 * coefficient of determination, for each target and over all. Where targets were scaled for training, everything here
 * is in their original unit.
 */

export interface ValueScore {
  readonly name: string;
  readonly rmse: number;
  readonly mae: number;
  /** 1 - (squared errors) / (squared distances of the targets from their mean); null where all targets are equal. */
  readonly r2: number | null;
  readonly mean: number;
  /** Up to 400 samples at even distances, for a picture: what was true and what was predicted. */
  readonly points: readonly (readonly [truth: number, prediction: number])[];
}

export interface ValuesEvaluation {
  readonly kind: 'values';
  readonly samples: number;
  /** `rmse` and `mae` over all values, which means something where the targets share a unit; `r2` the mean of those of the targets. */
  readonly overall: { readonly rmse: number; readonly mae: number; readonly r2: number | null };
  readonly targets: readonly ValueScore[];
}

/** How targets were scaled: value k of a row is (original - means[k]) / deviations[k]; absent where it was not. */
export interface ValueUnits {
  readonly names: readonly string[];
  readonly means?: readonly number[];
  readonly deviations?: readonly number[];
}

const POINTS_MAX = 400;

/** `predictions` and `targets` hold a row of `units.names.length` values per sample. At least one sample. */
export function evaluateValues(
  predictions: Float32Array,
  targets: Float32Array,
  units: ValueUnits,
): ValuesEvaluation {
  const width = units.names.length;
  const samples = targets.length / width;
  const scored = units.names.map((name, column) => {
    const scale = units.deviations?.[column] ?? 1;
    const shift = units.means?.[column] ?? 0;
    const at = (values: Float32Array) => (sample: number) => shift + scale * values[sample * width + column]!;
    return scoreColumn(name, samples, { truth: at(targets), prediction: at(predictions) });
  });
  const known = scored.map(({ score }) => score.r2).filter((r2) => r2 !== null);
  const sumOf = (value: (column: Column) => number) => scored.reduce((sum, column) => sum + value(column), 0);
  return {
    kind: 'values',
    samples,
    overall: {
      rmse: Math.sqrt(sumOf(({ squares }) => squares) / targets.length),
      mae: sumOf(({ distances }) => distances) / targets.length,
      r2: known.length === 0 ? null : known.reduce((sum, r2) => sum + r2, 0) / known.length,
    },
    targets: scored.map(({ score }) => score),
  };
}

interface Column {
  readonly score: ValueScore;
  /** Sums over the samples. */
  readonly squares: number;
  readonly distances: number;
}

type At = (sample: number) => number;

function scoreColumn(
  name: string,
  samples: number,
  { truth, prediction }: { readonly truth: At; readonly prediction: At },
): Column {
  let sum = 0;
  for (let i = 0; i < samples; i++) sum += truth(i);
  const mean = sum / samples;
  let [squares, distances, spread] = [0, 0, 0];
  for (let i = 0; i < samples; i++) {
    const error = prediction(i) - truth(i);
    squares += error * error;
    distances += Math.abs(error);
    spread += (truth(i) - mean) * (truth(i) - mean);
  }
  const shown = Math.min(samples, POINTS_MAX);
  const points = Array.from({ length: shown }, (_, k) => {
    const sample = Math.floor((k * samples) / shown);
    return [truth(sample), prediction(sample)] as const;
  });
  const r2 = spread === 0 ? null : 1 - squares / spread;
  const rmse = Math.sqrt(squares / samples);
  return { score: { name, rmse, mae: distances / samples, r2, mean, points }, squares, distances };
}
