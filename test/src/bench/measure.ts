/** Times whole trainings: the real core, pool and optimizer, without the disk. */

import { initialWeights } from '@hivegrad/shared/model/initialise';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import { openPool } from '@hivegrad/worker/pool';
import { runTraining } from 'hivegrad/run';
import { startOfRun } from 'hivegrad/training/core';
import type { Workload } from './workloads.ts';

export interface Rate {
  /** Per second, in the workload's unit, of each measured epoch. */
  readonly perSecond: readonly number[];
  readonly digest: string;
}

/** Trains `epochs` epochs after one to warm up. */
export async function trainingRate(workload: Workload, threads: number, epochs: number): Promise<Rate> {
  const { layers, loss, optimizer, batchSize, shardSize } = workload;
  const train = workload.train();
  const inputSize = train.features.width;
  const model = { inputSize, layers, loss };
  // The rates are those of training: one sample is all that is evaluated at the end of an epoch.
  const test = { ...train, samples: 1 };
  const pool = await openPool({
    spec: { model, optimizer, batchSize, shardSize, seed: 1 },
    train,
    test,
    threads,
  });
  try {
    const states = optimizerOf(optimizer).state.length;
    pool.setVersion(0, initialWeights(model, 1), new Float32Array(states * pool.layout.parameters));
    const ends: number[] = [];
    const result = await runTraining(
      {
        pool,
        store: { ...noStore },
        log: { append: () => {}, flush: async () => {}, close: async () => {} },
        model,
        parameters: parametersOf(model),
        optimizer,
        configDigest: '',
        dataDigest: '',
      },
      {
        stepsPerEpoch: Math.ceil(train.samples / batchSize),
        epochs: epochs + 1,
        metricsEverySteps: Number.MAX_SAFE_INTEGER,
        checkpointSeconds: 86_400,
        progress: startOfRun,
        resumed: false,
        onMetrics: (line) => {
          if (line.kind === 'epoch') ends.push(performance.now());
        },
      },
    );
    const perSecond = ends.slice(1).map((end, i) => (train.samples * 1000) / (end - ends[i]!));
    return { perSecond, digest: result.weightsDigest };
  } finally {
    await pool.close();
  }
}

const nothing = () => Promise.reject(new Error('a benchmark keeps no checkpoints'));
const noStore = {
  path: () => '',
  steps: async () => [],
  save: async () => {},
  latest: nothing,
  read: nothing,
  removeAfter: async () => {},
};

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
