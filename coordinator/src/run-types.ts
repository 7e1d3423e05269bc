/** What goes into a run (parts, options) and what comes out of it (events, the result). */

import type { ParameterInfo } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { OptimizerSpec } from '@hivegrad/shared/optim/spec';
import type { RunLog } from './checkpoint/run-log.ts';
import type { CheckpointStore } from './checkpoint/store.ts';
import type { MetricsRecord } from './metrics/record.ts';
import type { EarlyStopping } from './training/early-stopping.ts';
import type { MetricsLine } from './training/events.ts';
import type { EpochEnd, EvaluatedPart, Progress } from './training/progress.ts';
import type { StepSums } from './training/sums.ts';
import type { LocalPool } from './workers/local-pool.ts';

/** What a training needs of whoever computes its steps. */
export type TrainingPool = Pick<LocalPool, 'runSteps' | 'sumsSoFar' | 'version' | 'setVersion'> & {
  /** Ends `runSteps` after the step under way; `atOnce` gives up a step that waits for others. */
  hold(atOnce: boolean): void;
  evaluate(step: number, part: EvaluatedPart): Promise<StepSums>;
};

export interface RunParts {
  readonly pool: TrainingPool;
  readonly store: CheckpointStore;
  readonly log: RunLog;
  readonly model: ModelSpec;
  readonly parameters: readonly ParameterInfo[];
  readonly optimizer: OptimizerSpec;
  readonly configDigest: string;
  readonly dataDigest: string;
  /** What else checkpoints are to hold. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Where a run begins; the pool already holds the weights of this step. */
export interface Beginning {
  readonly progress: Progress;
  /** A checkpoint of this step is on the disk. */
  readonly resumed: boolean;
  /** What the checkpoint kept as the best weights, if it did. */
  readonly bestWeights?: Float32Array;
}

export interface RunOptions extends Beginning {
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  readonly metricsEverySteps: number;
  readonly checkpointSeconds: number;
  /** Whether the pool has a validation part. Default false. */
  readonly validation?: boolean;
  /** Needs a validation part. Default null: all epochs are trained, and the last weights are those of the run. */
  readonly earlyStopping?: EarlyStopping | null;
  /** The learning rate of a step, which counts from 0; for the lines of metrics only. */
  readonly learningRate?: (step: number) => number;
  /** Told what happens, in order. An error that it throws ends the run. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Aborting it stops the run gracefully: checkpoint, then the result. */
  readonly stop?: AbortSignal;
}

export type RunEvent =
  /** About ten times a second while steps run: the sums of the epoch so far. */
  | { readonly type: 'progress'; readonly epoch: number; readonly sums: StepSums }
  /** A line of metrics, as sums and as it stands in the log. */
  | { readonly type: 'metrics'; readonly line: MetricsLine; readonly record: MetricsRecord }
  /** With early stopping: the epoch that has just ended is the best so far. Follows its line of metrics. */
  | ({ readonly type: 'best' } & EpochEnd)
  /** The checkpoint of this step is on the disk. */
  | { readonly type: 'checkpoint'; readonly step: number };

export interface RunResult {
  readonly outcome: 'finished' | 'stopped';
  /** Steps taken. */
  readonly step: number;
  /** SHA-256 in hex over the final weights' bytes. */
  readonly weightsDigest: string;
  /**
   * Sums over the parts that are not trained on, of the epoch whose weights these are: the best one where a run has
   * ended under early stopping, else the last whole one. Absent before the first.
   */
  readonly validation?: StepSums;
  readonly test?: StepSums;
  /** With early stopping, the end of the best epoch so far. */
  readonly best?: { readonly epoch: number; readonly step: number };
  /** The run has finished before all its epochs were done. */
  readonly stoppedEarly: boolean;
}
