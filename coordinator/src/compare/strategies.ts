/**
 * The strategies that can be compared, behind one interface. A strategy says which batch sizes of a grid mean
 * something for it, and trains a cell: it leaves a run directory with metrics and checkpoints, like any training, so
 * everything that measures, resumes and reports knows no strategy by name. A new kind is a file that makes a
 * `Strategy`, and its line in `strategies`.
 */

import type { ConfigSource } from '../api/configuration.ts';
import { runTrainJob } from '../api/train-job.ts';
import type { TrainEvent, TrainResult, TrainSettings } from '../api/train-types.ts';
import { formatCount } from '../cli/format.ts';

export interface Strategy {
  /** What it computes, in a sentence for people. */
  readonly description: string;
  /** Its steps of this size, as sentences name them. */
  noun(batchSize: number): string;
  /** Strategies of one family lie on one curve over the batch size: they differ in nothing else. */
  readonly family: string;
  /**
   * Samples of a step, of those that were `asked` for, each at most `all`, which is the whole training part. A size
   * may come more than once.
   */
  batchSizes(asked: readonly number[], all: number): readonly number[];
  /** How often those who compute had to bring their gradients together, in so many updates. */
  synchronizations(updates: number, batchSize: number): number;
  /**
   * Trains one cell, resumes it, or stops it; as `runTrainJob` does. Errors: UserError, DivergenceError.
   */
  train(
    source: ConfigSource,
    settings: TrainSettings,
    emit: (event: TrainEvent) => void,
  ): Promise<TrainResult>;
}

/** What equation (13) computes: the mean gradient of a step's samples, whoever summed it, and then one update. */
const synchronous = {
  family: 'synchronous',
  // The gradient of a single sample is computed by one thread, which waits for nobody.
  synchronizations: (updates: number, batchSize: number) => (batchSize === 1 ? 0 : updates),
  train: runTrainJob,
} as const;

export const strategies = {
  sgd: {
    ...synchronous,
    description: 'sgd updates the weights after every sample.',
    noun: () => 'single samples',
    batchSizes: () => [1],
  },
  minibatch: {
    ...synchronous,
    description:
      'minibatch updates the weights by the mean gradient of a batch, which all threads compute together and wait for.',
    noun: (batchSize: number) => `batches of ${formatCount(batchSize)}`,
    batchSizes: (asked: readonly number[]) => asked,
  },
  batch: {
    ...synchronous,
    description: 'batch updates the weights once in an epoch, by the mean gradient of all samples.',
    noun: () => 'the whole set',
    batchSizes: (_asked: readonly number[], all: number) => [all],
  },
} as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof strategies;

export const strategyNames = Object.keys(strategies) as StrategyName[];

export function strategyOf(name: StrategyName): Strategy {
  return strategies[name];
}
