/**
 * The library: everything that the package offers by name. The command line is made of the same parts.
 */

import { availableParallelism } from 'node:os';
import type { ConfigInput } from './api/config-input.ts';
import { documentOf } from './api/configuration.ts';
import type { EvaluateResult } from './api/evaluate-job.ts';
import { runEvaluateJob } from './api/evaluate-job.ts';
import { checkOptions } from './api/options.ts';
import { openPrediction } from './api/predict-job.ts';
import type { RowFormat } from './data/rows.ts';
import type { Engine, Part } from './workers/local-pool.ts';

export { batchOfStep, epochOrder } from '@hivegrad/shared/data/sampler';
export type { UserErrorCode } from '@hivegrad/shared/errors';
export { DivergenceError, UserError } from '@hivegrad/shared/errors';
export type { ModelSpec } from '@hivegrad/shared/model/spec';
export type { ConfigInput } from './api/config-input.ts';
export type { EvaluateResult } from './api/evaluate-job.ts';
export type { Gradient, GradientOptions } from './api/gradient.ts';
export { gradient } from './api/gradient.ts';
export type { ModelInput } from './api/model.ts';
export type { Training, TrainOptions } from './api/train.ts';
export { train } from './api/train.ts';
export type { TrainEvent, TrainResult } from './api/train-types.ts';
export type { Evaluation } from './metrics/evaluation.ts';

export interface ComputeOptions {
  /** Threads that compute; they do not change the result. Default: all cores. */
  readonly threads?: number;
  /** SIMD kernels, or their plain twin: the same bits, far slower. Default `simd`. */
  readonly kernels?: Engine;
  /** Whether engines that can may use 256-bit registers: the same bits. Default true. */
  readonly wide?: boolean;
  /** Told in sentences of what is unusual: a damaged checkpoint, a thread that was lost. */
  readonly onNotice?: (sentence: string) => void;
}

export interface EvaluateOptions extends ComputeOptions {
  /** Whose data to evaluate on: a configuration, or the path of one. Default: the run's own. */
  readonly config?: ConfigInput | string;
  /** Default `test`. */
  readonly on?: Part;
}

/** What the newest checkpoint of a run, or one checkpoint, is worth on a part of the data. Rejects with a UserError. */
export async function evaluate(path: string, options: EvaluateOptions = {}): Promise<EvaluateResult> {
  checkOptions('evaluate', options);
  const { config, on = 'test' } = options;
  const document = await documentOf(config);
  return runEvaluateJob(path, { ...settingsOf(options), on, document });
}

export interface PredictOptions extends ComputeOptions {
  /** Format of the rows. Default: by the name of the file. */
  readonly format?: RowFormat;
  /** Between the cells of CSV rows. */
  readonly delimiter?: string;
}

export interface Predictions {
  /** Rows of outputs, [samples, names.length]: probabilities under the cross-entropies, else values as trained. */
  readonly rows: Float32Array;
  readonly samples: number;
  /** Of classes or of values, one for each output. */
  readonly names: readonly string[];
  /** SHA-256 in hex over the weights' bytes. */
  readonly weightsDigest: string;
}

/** What the newest checkpoint of a run, or one checkpoint, answers on the rows of a file. Rejects with a UserError. */
export async function predict(
  path: string,
  file: string,
  options: PredictOptions = {},
): Promise<Predictions> {
  checkOptions('predict', options);
  const { format, delimiter } = options;
  const prediction = await openPrediction(path, file, { ...settingsOf(options), format, delimiter });
  try {
    const { network, samples, chunks } = prediction;
    const { names } = network.encoding.target;
    const rows = new Float32Array(samples * names.length);
    for await (const chunk of chunks) rows.set(chunk.rows, chunk.begin * names.length);
    return { rows, samples, names, weightsDigest: network.weightsDigest };
  } finally {
    await prediction.close();
  }
}

function settingsOf(options: ComputeOptions) {
  const { threads = availableParallelism(), kernels = 'simd', wide = true, onNotice } = options;
  return { threads, engine: kernels, wide, ...(onNotice && { onNotice }) };
}
