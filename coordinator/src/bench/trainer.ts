/**
 * A workload in training: the real pool, sampler, kernels and optimizer, without disk and metrics. Steps go on from
 * epoch to epoch, and each epoch has its own order, as in a training.
 */

import { createHash } from 'node:crypto';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import { meanLoss } from '../training/sums.ts';
import { openLocalPool, stretchStepsMax } from '../workers/local-pool.ts';
import { bindWorkload, type Workload } from './workloads.ts';

/** The loss is taken over this many samples, the first ones. */
export const PROBE_SAMPLES = 512;

export interface Trainer {
  /** Takes `steps` more steps. Throws where a step gives values that are not finite. */
  train(steps: number): Promise<void>;
  /** Mean loss over the first {@link PROBE_SAMPLES} samples under the present weights. */
  loss(): Promise<number>;
  /** SHA-256 in hex over the present weights. */
  digest(): string;
  close(): Promise<void>;
}

/** Opens a pool of `threads` threads with the workload's first weights. */
export async function openTrainer(
  workload: Workload,
  options: { readonly threads: number; readonly wide: boolean; readonly train: Dataset },
): Promise<Trainer> {
  const { threads, wide, train } = options;
  const { skipZeros = false } = workload;
  const bound = bindWorkload(workload, train);
  const { config, model, stepsPerEpoch } = bound;
  const test = { ...train, samples: Math.min(PROBE_SAMPLES, train.samples) };
  const pool = await openLocalPool(bound, { train, test }, { threads, engine: 'simd', wide, skipZeros });
  const vectors = optimizerOf(config.optimizer).state.length;
  pool.setVersion(0, initialWeights(model, config.seed), new Float32Array(vectors * pool.layout.parameters));
  let at = 0;
  return {
    async train(steps) {
      const end = at + steps;
      while (at < end) {
        const epochEnd = (Math.floor(at / stepsPerEpoch) + 1) * stepsPerEpoch;
        const done = await pool.runSteps(at, Math.min(end, epochEnd, at + stretchStepsMax));
        at = done.at;
        if (done.diverged) throw new Error(`${workload.name} is not finite after step ${at}`);
      }
    },
    loss: async () => meanLoss(await pool.evaluate(at, 'test')),
    digest: () => createHash('sha256').update(pool.version(at).weights).digest('hex'),
    close: () => pool.close(),
  };
}
