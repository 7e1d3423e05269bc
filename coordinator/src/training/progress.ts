/**
 * How far a run has come, as plain JSON: what a checkpoint remembers beside tensors, so that a resumed run goes on as
 * if it had never been interrupted.
 */

import type { StepSums } from './sums.ts';
import { noSums } from './sums.ts';

/** What the parts that are not trained on said of the weights at the end of an epoch. */
export interface EpochEnd {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps taken until then. */
  readonly step: number;
  readonly validation?: StepSums;
  readonly test: StepSums;
}

/** What is evaluated when an epoch ends. */
export type EvaluatedPart = 'validation' | 'test';

/** Sums over the whole parts, under the weights at the end of an epoch. */
export type Evaluation = Pick<EpochEnd, EvaluatedPart>;

/** What a checkpoint must remember beside the weights so that a resumed run writes the same metrics. */
export interface Progress {
  /** Steps taken; the version of the weights. */
  readonly step: number;
  /** Sums since the last line of metrics, and since the epoch began. */
  readonly window: StepSums;
  readonly epoch: StepSums;
  /** The end of the last whole epoch; absent before it, and in checkpoints from before it was kept. */
  readonly last?: EpochEnd;
  /** With early stopping, the best end so far; the shell keeps its weights. */
  readonly best?: EpochEnd;
  /** With early stopping, the run is over: the weights are those of `best`, and nothing follows. */
  readonly ended?: true;
}

export const startOfRun: Progress = { step: 0, window: noSums, epoch: noSums };

/** The end of an epoch that speaks for the weights: of the best one where a run has ended with it, else of the last. */
export function reportedEnd({ last, best, ended }: Progress): EpochEnd | undefined {
  return ended ? best : last;
}
