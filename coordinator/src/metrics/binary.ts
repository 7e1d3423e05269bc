/**
 * What a network with probabilities for answers got right: accuracy, precision and recall at the threshold 0.5, the
 * area under the ROC curve, and log loss, for each output and over all of them. A target or an answer above 0.5 is a
 * yes, as in training.
 */

import { quotient } from './classes.ts';

/** A point of the ROC curve: of the samples above some threshold, the share of all noes and of all yeses. */
export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** Scores of one output. A quotient of which nothing was counted is null. */
export interface BinaryScore {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly accuracy: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Mean of -(y ln p + (1 - y) ln(1 - p)), with p kept within [1e-7, 1 - 1e-7]. */
  readonly logLoss: number;
  /** The chance that a random yes has a higher probability than a random no, ties counted half. */
  readonly auc: number | null;
  /** From (0, 0) to (1, 1), thinned to about 200 points; empty where `auc` is null. */
  readonly roc: readonly RocPoint[];
}

export interface BinaryEvaluation {
  readonly kind: 'binary';
  readonly samples: number;
  /** Share of the samples of which every output is right. */
  readonly accuracy: number;
  /** Mean over samples of the sum over outputs, as the loss in training. */
  readonly logLoss: number;
  readonly outputs: readonly BinaryScore[];
}

/** Float32 probabilities reach 0 and 1, where the logarithm is not finite. */
const PROBABILITY_MIN = 1e-7;
const ROC_POINTS = 200;

/** `predictions` and `targets` hold a row of `names.length` values from 0 to 1 per sample. At least one sample. */
export function evaluateBinary(
  predictions: Float32Array,
  targets: Float32Array,
  names: readonly string[],
): BinaryEvaluation {
  const width = names.length;
  const samples = targets.length / width;
  let right = 0;
  for (let begin = 0; begin < targets.length; begin += width) {
    let all = true;
    for (let i = begin; i < begin + width; i++) if (predictions[i]! > 0.5 !== targets[i]! > 0.5) all = false;
    if (all) right += 1;
  }
  const outputs = names.map((name, output) => scoreOutput(predictions, targets, { name, output, width }));
  return {
    kind: 'binary',
    samples,
    accuracy: right / samples,
    logLoss: outputs.reduce((sum, { logLoss }) => sum + logLoss, 0),
    outputs,
  };
}

function scoreOutput(
  predictions: Float32Array,
  targets: Float32Array,
  { name, output, width }: { readonly name: string; readonly output: number; readonly width: number },
): BinaryScore {
  const samples = targets.length / width;
  const yes = new Float32Array(samples);
  const no = new Float32Array(samples);
  let [positives, negatives, truePositives, falsePositives, loss] = [0, 0, 0, 0, 0];
  for (let i = output; i < targets.length; i += width) {
    const [p, y] = [predictions[i]!, targets[i]!];
    if (y > 0.5) {
      yes[positives++] = p;
      if (p > 0.5) truePositives += 1;
    } else {
      no[negatives++] = p;
      if (p > 0.5) falsePositives += 1;
    }
    const kept = Math.min(Math.max(p, PROBABILITY_MIN), 1 - PROBABILITY_MIN);
    loss -= y * Math.log(kept) + (1 - y) * Math.log(1 - kept);
  }
  return {
    name,
    positives,
    negatives,
    truePositives,
    falsePositives,
    accuracy: (truePositives + negatives - falsePositives) / samples,
    precision: quotient(truePositives, truePositives + falsePositives),
    recall: quotient(truePositives, positives),
    f1: quotient(2 * truePositives, positives + truePositives + falsePositives),
    logLoss: loss / samples,
    ...rankCurve(yes.subarray(0, positives), no.subarray(0, negatives)),
  };
}

/**
 * The ROC curve and the area under it: the statistic of Mann & Whitney (1947) over the product of the counts
 * (Hanley & McNeil 1982). Sorts both arrays in place. All sums are of halves below 2^53, so they are exact.
 */
export function rankCurve(yes: Float32Array, no: Float32Array): Pick<BinaryScore, 'auc' | 'roc'> {
  if (yes.length === 0 || no.length === 0) return { auc: null, roc: [] };
  yes.sort();
  no.sort();
  const roc: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0 }];
  let wins = 0;
  let [y, n] = [yes.length, no.length];
  let drawn = 0;
  // From the highest probability down, all samples of one probability together.
  while (y > 0 || n > 0) {
    const p = Math.max(y > 0 ? yes[y - 1]! : -Infinity, n > 0 ? no[n - 1]! : -Infinity);
    const [yBefore, nBefore] = [y, n];
    while (y > 0 && yes[y - 1] === p) y -= 1;
    while (n > 0 && no[n - 1] === p) n -= 1;
    wins += (yBefore - y) * (n + (nBefore - n) / 2);
    const point = {
      falsePositiveRate: (no.length - n) / no.length,
      truePositiveRate: (yes.length - y) / yes.length,
    };
    const along = point.falsePositiveRate + point.truePositiveRate;
    if (along - drawn < 2 / ROC_POINTS && (y > 0 || n > 0)) continue;
    roc.push(point);
    drawn = along;
  }
  return { auc: wins / (yes.length * no.length), roc };
}
