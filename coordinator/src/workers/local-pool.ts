/** The root where the coordinator meets the threads of this machine; nothing else in it imports the worker package. */

import { createHash } from 'node:crypto';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { constantRate, noClipping } from '@hivegrad/shared/optim/spec';
import type { Part } from '@hivegrad/worker/control';
import { loadKernels, readKernels } from '@hivegrad/worker/kernels-file';
import type { RoundsLimits } from '@hivegrad/worker/layout';
import type { LocalPool, StepsDone } from '@hivegrad/worker/pool';
import { JOB_STEPS_MAX, openPool } from '@hivegrad/worker/pool';
import type { NodeResult } from '@hivegrad/worker/round';
import type { DataParts, Engine } from '@hivegrad/worker/shared';
import { loadWideKernels } from '@hivegrad/worker/wide';
import type { BoundConfig } from '../config/bind.ts';

export type { DataParts, Engine, LocalPool, NodeResult, Part, StepsDone };
export { loadKernels, loadWideKernels };

/** Steps of one call of `runSteps` at most. */
export const stretchStepsMax: number = JOB_STEPS_MAX;

/** How a pool computes; none of it changes a result. */
export interface PoolSettings {
  readonly threads: number;
  readonly engine: Engine;
  /** Whether engines that can use 256-bit registers do. Default true. */
  readonly wide?: boolean;
  /** Whether columns of the input that are all zero are left out of sums. Default true. */
  readonly skipZeros?: boolean;
  /** Keeps room for steps in rounds, with sums of remote workers. Default none. */
  readonly rounds?: RoundsLimits | undefined;
}

export interface PoolCallbacks {
  /** Told in sentences what happens to threads. */
  readonly onNotice?: (sentence: string) => void;
}

/** Threads over one shared memory for a configuration and parts of its data; nothing is trained yet. */
export function openLocalPool(
  { config, model, schedule }: Pick<BoundConfig, 'config' | 'model' | 'schedule'>,
  parts: DataParts,
  options: PoolSettings & PoolCallbacks,
): Promise<LocalPool> {
  const { optimizer, clipping, batchSize, shardSize, seed } = config;
  return open({ model, optimizer, schedule, clipping, batchSize, shardSize, seed }, parts, options);
}

/** Threads that only evaluate and answer. */
export function openAnsweringPool(
  model: ModelSpec,
  parts: Omit<DataParts, 'train'>,
  options: PoolSettings & PoolCallbacks,
): Promise<LocalPool> {
  const optimizer = { type: 'sgd', learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 } as const;
  const never = {
    optimizer,
    schedule: constantRate,
    clipping: noClipping,
    batchSize: 1,
    shardSize: 1,
    seed: 0,
  };
  return open({ model, ...never }, parts, options);
}

function open(
  spec: Parameters<typeof openPool>[0]['spec'],
  parts: DataParts,
  { threads, engine, wide = true, skipZeros = true, rounds, onNotice }: PoolSettings & PoolCallbacks,
): Promise<LocalPool> {
  return openPool({ spec, parts, threads, engine, wide, skipZeros, rounds, ...(onNotice && { onNotice }) });
}

/** SHA-256, in hex, of the kernels that every worker of a run has to have. */
export async function kernelsHash(): Promise<string> {
  return createHash('sha256')
    .update(await readKernels())
    .digest('hex');
}
