/** The root where the coordinator meets the threads of this machine; nothing else in it imports the worker package. */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import type { LocalPool } from '@hivegrad/worker/pool';
import { JOB_STEPS_MAX, openPool } from '@hivegrad/worker/pool';
import type { Engine } from '@hivegrad/worker/serve';
import type { BoundConfig } from '../config/bind.ts';

export type { Engine, LocalPool };

/** Steps of one call of `runSteps` at most. */
export const stretchStepsMax: number = JOB_STEPS_MAX;

export interface LocalPoolOptions {
  readonly threads: number;
  readonly engine: Engine;
  readonly onThreadLost?: (sentence: string) => void;
}

/** Threads over one shared memory for a configuration and its data; nothing is trained yet. */
export function openLocalPool(
  { config, model }: BoundConfig,
  { train, test }: Pick<DataSplit, 'train' | 'test'>,
  options: LocalPoolOptions,
): Promise<LocalPool> {
  const { optimizer, batchSize, shardSize, seed } = config;
  return openPool({ spec: { model, optimizer, batchSize, shardSize, seed }, train, test, ...options });
}
