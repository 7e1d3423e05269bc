/** What the core is told, what it asks for, and the lines of metrics that it writes. */

import type { EpochEnd, EvaluatedPart, Evaluation, Progress } from './progress.ts';
import type { StepSums } from './sums.ts';

export type Event =
  | { readonly type: 'start'; readonly nowMs: number }
  | { readonly type: 'tick'; readonly nowMs: number }
  | {
      readonly type: 'stepsDone';
      readonly nowMs: number;
      readonly at: number;
      readonly sums: readonly StepSums[];
      readonly diverged: boolean;
    }
  | ({ readonly type: 'evaluated'; readonly nowMs: number } & Evaluation)
  | { readonly type: 'checkpointDurable'; readonly step: number }
  | { readonly type: 'stop' };

export type Outcome = 'finished' | 'stopped' | 'diverged';

export type Command =
  | { readonly type: 'runSteps'; readonly from: number; readonly to: number }
  /** End the stretch after the step under way; `atOnce` gives up a step that waits for others. */
  | { readonly type: 'hold'; readonly atOnce: boolean }
  /** Loss and correct samples of the validation part, where there is one, and then of the test part. */
  | { readonly type: 'evaluate'; readonly validation: boolean }
  | { readonly type: 'metrics'; readonly line: MetricsLine }
  /** Copy the present weights: they are the best so far. */
  | { readonly type: 'keepBest'; readonly best: EpochEnd }
  /** Replace the present weights by the copy of the best, those of `best`. */
  | { readonly type: 'restoreBest'; readonly best: EpochEnd }
  /** Snapshot the present weights at once and write them, after the metrics before it. */
  | { readonly type: 'checkpoint'; readonly progress: Progress }
  | {
      readonly type: 'exit';
      readonly outcome: Outcome;
      readonly step: number;
      /** The part whose loss is not finite, where that shows only then. */
      readonly where?: EvaluatedPart;
    };

/** One line of metrics. Losses are means over samples, as equation (5) and its kin define them. */
export type MetricsLine =
  | { readonly kind: 'train'; readonly step: number; readonly epoch: number; readonly sums: StepSums }
  | {
      readonly kind: 'epoch';
      readonly step: number;
      readonly epoch: number;
      readonly train: StepSums;
      readonly validation?: StepSums;
      readonly test: StepSums;
    };
