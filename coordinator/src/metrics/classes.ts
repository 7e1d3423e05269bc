/**
 * What a classifier got right: confusion matrix, and precision, recall and F1 of each class. In: a row of
 * probabilities (or logits) per sample and the index of the true class; out: counts, and exact quotients of counts in
 * float64, so that whoever computes them computes the same.
 */

/** What is known of one class. A quotient of which nothing was counted is null. */
export interface ClassScore {
  readonly name: string;
  /** Samples of this class. */
  readonly support: number;
  /** Samples that the network took for this class. */
  readonly predicted: number;
  readonly correct: number;
  /** correct / predicted. */
  readonly precision: number | null;
  /** correct / support. */
  readonly recall: number | null;
  /** 2 correct / (support + predicted): the harmonic mean of precision and recall (van Rijsbergen 1979). */
  readonly f1: number | null;
}

/** `count` samples of class `truth` were taken for `prediction`; `share` of all samples of `truth`. */
export interface Confusion {
  readonly truth: string;
  readonly prediction: string;
  readonly count: number;
  readonly share: number;
}

export interface ClassesEvaluation {
  readonly kind: 'classes';
  readonly samples: number;
  readonly accuracy: number;
  /** Plain means over the classes that have samples; a precision that is null counts as 0. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly classes: readonly ClassScore[];
  /** The most frequent mistakes, at most 20: by count, and at equal counts in the order of the classes. */
  readonly confusions: readonly Confusion[];
  /** Row: true class, column: predicted class. Absent above `matrixClassesMax` classes. */
  readonly matrix?: readonly (readonly number[])[];
}

/** A matrix of more classes is too large to be looked at: 250,000 cells. */
export const matrixClassesMax = 500;

const CONFUSIONS_MAX = 20;

/**
 * `predictions` holds a row of `names.length` values per sample, of which the largest is the answer and of equal
 * ones the first, as in training; `labels` one class index per sample. At least one sample.
 */
export function evaluateClasses(
  predictions: Float32Array,
  labels: Uint32Array,
  names: readonly string[],
): ClassesEvaluation {
  const classes = names.length;
  const support = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  const correct = new Float64Array(classes);
  const cells = new Map<number, number>();
  for (const [sample, label] of labels.entries()) {
    const answer = largest(predictions, sample * classes, classes);
    support[label]! += 1;
    predicted[answer]! += 1;
    if (answer === label) correct[label]! += 1;
    const cell = label * classes + answer;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const scores = names.map((name, i) => classScore(name, support[i]!, predicted[i]!, correct[i]!));
  const present = scores.filter((score) => score.support > 0);
  const macro = (value: (score: ClassScore) => number | null) =>
    present.reduce((sum, score) => sum + (value(score) ?? 0), 0) / present.length;
  return {
    kind: 'classes',
    samples: labels.length,
    accuracy: correct.reduce((sum, count) => sum + count, 0) / labels.length,
    macro: {
      precision: macro((score) => score.precision),
      recall: macro((score) => score.recall),
      f1: macro((score) => score.f1),
    },
    classes: scores,
    confusions: topConfusions(cells, scores),
    ...(classes <= matrixClassesMax && {
      matrix: names.map((_, row) => names.map((_, column) => cells.get(row * classes + column) ?? 0)),
    }),
  };
}

function largest(values: Float32Array, begin: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (values[begin + i]! > values[begin + best]!) best = i;
  return best;
}

function classScore(name: string, support: number, predicted: number, correct: number): ClassScore {
  return {
    name,
    support,
    predicted,
    correct,
    precision: quotient(correct, predicted),
    recall: quotient(correct, support),
    f1: quotient(2 * correct, support + predicted),
  };
}

/** Null where there is nothing to divide by. */
export function quotient(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function topConfusions(cells: ReadonlyMap<number, number>, scores: readonly ClassScore[]): Confusion[] {
  const classes = scores.length;
  return [...cells]
    .filter(([cell]) => Math.floor(cell / classes) !== cell % classes)
    .sort(([cellA, a], [cellB, b]) => b - a || cellA - cellB)
    .slice(0, CONFUSIONS_MAX)
    .map(([cell, count]) => {
      const truth = scores[Math.floor(cell / classes)]!;
      return {
        truth: truth.name,
        prediction: scores[cell % classes]!.name,
        count,
        share: count / truth.support,
      };
    });
}
