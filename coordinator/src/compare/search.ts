/**
 * The learning rate of a cell under the policy `search`: a short run for each factor, with the same budget for every
 * cell, judged by the loss of the validation part. A trial that diverges has lost.
 */

import { epochsOf } from '../metrics/record.ts';
import type { CellRun } from './run-cell.ts';
import type { LearningRatePolicy } from './schema.ts';

export interface Trial {
  readonly factor: number;
  readonly learningRate: number;
  /** Mean loss after the last epoch of the trial; null where it diverged. */
  readonly validationLoss: number | null;
}

/** From the smallest. */
export function factorsOf({ factors }: LearningRatePolicy & { type: 'search' }): readonly number[] {
  return [...new Set(factors)].sort((a, b) => a - b);
}

export function trialOf(factor: number, learningRate: number, { record, metrics }: CellRun): Trial {
  const loss = record.outcome === 'diverged' ? undefined : epochsOf(metrics).at(-1)?.validation?.loss;
  return { factor, learningRate, validationLoss: loss ?? null };
}

/** Of two that are equal the first; `trials` has at least one. */
export function bestOf(trials: readonly Trial[]): Trial {
  const loss = ({ validationLoss }: Trial) => validationLoss ?? Infinity;
  return trials.reduce((best, trial) => (loss(trial) < loss(best) ? trial : best));
}
