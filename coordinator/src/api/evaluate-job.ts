/** Evaluates a trained network on a part of its run's data, or of other data. */

import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { requireParameters } from '../checkpoint/format.ts';
import { readRunConfig } from '../checkpoint/run-directory.ts';
import { bindToData } from '../config/bind.ts';
import type { ConfigDocument } from '../config/document.ts';
import { parseConfig } from '../config/document.ts';
import { resolveConfig } from '../config/resolve.ts';
import { loadData } from '../data/load.ts';
import type { MemoryParts } from '../data/memory-parts.ts';
import type { Evaluation } from '../metrics/evaluation.ts';
import { evaluatePredictions } from '../metrics/evaluation.ts';
import { accuracy, meanLoss } from '../training/sums.ts';
import type { Part, PoolCallbacks, PoolSettings } from '../workers/local-pool.ts';
import { openAnsweringPool } from '../workers/local-pool.ts';
import { answersOf } from './answers.ts';
import { findCheckpoint } from './find-checkpoint.ts';

export interface EvaluateSettings extends PoolSettings, PoolCallbacks {
  /** Whose data to evaluate on; absent: the run's own. */
  readonly document?: ConfigDocument | undefined;
  /** The arrays of data of the kind `memory`. */
  readonly memory?: MemoryParts | undefined;
  readonly on: Part;
}

export interface EvaluateResult {
  /** The checkpoint that was evaluated. */
  readonly source: string;
  readonly step: number;
  /** SHA-256 in hex over the weights' bytes. */
  readonly weightsDigest: string;
  readonly samples: number;
  /** Mean over the samples. */
  readonly loss: number;
  /** Share of correct answers, where the loss counts them. */
  readonly accuracy?: number;
  readonly evaluation: Evaluation;
}

/** `path` is a run directory or a checkpoint in one. @throws UserError of the RUN, CHECKPOINT, CONFIG and DATA codes */
export async function runEvaluateJob(path: string, settings: EvaluateSettings): Promise<EvaluateResult> {
  const { on, onNotice } = settings;
  const { run, source, checkpoint } = await findCheckpoint(path, onNotice);
  const document =
    settings.document ?? parseConfig((await readRunConfig(run)) as object, `${run}/config.json`, run);
  const { config } = resolveConfig(document);
  const { seed, validationFraction } = config;
  const split = await loadData(config.data, { seed, validationFraction, memory: settings.memory });
  const { model } = bindToData(config, split);
  requireParameters(checkpoint, parametersOf(model), source);
  const part = split[on];
  if (part === undefined) {
    throw new UserError(
      'CONFIG_INVALID',
      'There is no validation part: validationFraction is 0. Evaluate on the test or the training part.',
    );
  }
  const { step, weights, weightsDigest } = checkpoint;
  const pool = await openAnsweringPool(model, { test: part }, settings);
  try {
    pool.setVersion(step, weights, new Float32Array(0));
    const sums = await pool.evaluate(step, 'test');
    const predictions = await answersOf(pool, { step, part: 'test', samples: part.samples });
    const { loss } = model;
    const { targets } = part;
    return {
      source,
      step,
      weightsDigest,
      samples: part.samples,
      loss: meanLoss(sums),
      ...(lossKinds[loss].countsCorrect && { accuracy: accuracy(sums) }),
      evaluation: evaluatePredictions({ loss, predictions, targets, encoding: split.encoding.target }),
    };
  } finally {
    await pool.close();
  }
}
