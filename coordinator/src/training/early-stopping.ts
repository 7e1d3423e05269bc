/**
 * Early stopping: which epoch's weights are the best so far, and when to stop waiting for better ones (Prechelt 1998).
 * In: sums over the validation part; out: decisions. Only sums decide, so they are the same in a run that was
 * interrupted.
 */

import type { EpochEnd } from './progress.ts';
import { accuracy, meanLoss } from './sums.ts';

export interface EarlyStopping {
  /** Epochs without an improvement after which the run ends. */
  readonly patience: number;
  /** An epoch is better only if it improves the metric by more than this. */
  readonly minDelta: number;
  /** Of the validation part: the mean loss, or the share of correct answers. */
  readonly metric: 'loss' | 'accuracy';
}

/** The better of two ends: `latest` only where it improves on `best` by more than `minDelta`. */
export function betterOf(rule: EarlyStopping, best: EpochEnd | undefined, latest: EpochEnd): EpochEnd {
  if (best === undefined) return latest;
  return scoreOf(rule, latest) - scoreOf(rule, best) > rule.minDelta ? latest : best;
}

/** Whether `patience` epochs have passed since the best. */
export function isOutOfPatience({ patience }: EarlyStopping, best: EpochEnd, latest: EpochEnd): boolean {
  return latest.epoch - best.epoch >= patience;
}

/** The metric as a number that is to grow. */
function scoreOf({ metric }: EarlyStopping, { epoch, validation }: EpochEnd): number {
  if (validation === undefined) throw new Error(`epoch ${epoch} was not validated`);
  return metric === 'accuracy' ? accuracy(validation) : -meanLoss(validation);
}
