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
import type { MemoryParts } from './data/memory-parts.ts';
import type { PredictionRows } from './data/memory-rows.ts';
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
export type { NumberRows } from './data/memory-arrays.ts';
export type { MemoryPart, MemoryParts, MemoryTrainingPart } from './data/memory-parts.ts';
export type { ObjectRows, PredictionRows } from './data/memory-rows.ts';
export type { FleetSize } from './lending/lending.ts';
export type { LendSettings } from './lending/settings.ts';
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
  /** The arrays of data of the kind `memory`: those of the run, or others. */
  readonly data?: MemoryParts;
  /** Default `test`. */
  readonly on?: Part;
}

/** What the newest checkpoint of a run, or one checkpoint, is worth on a part of the data. Rejects with a UserError. */
export async function evaluate(path: string, options: EvaluateOptions = {}): Promise<EvaluateResult> {
  checkOptions('evaluate', options);
  const { config, data, on = 'test' } = options;
  const document = await documentOf(config);
  return runEvaluateJob(path, { ...settingsOf(options), on, document, memory: data });
}

export interface PredictOptions extends ComputeOptions {
  /** Format of the file. Default: by its name. */
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

/**
 * What the newest checkpoint of a run, or one checkpoint, answers on rows: those of a file by its path, lists of
 * numbers, or objects where the network learnt from a table. Rejects with a UserError.
 *
 * @example
 * const { names, rows } = await predict('runs/iris', [{ petalLength: 1.4, petalWidth: 0.2 }]);
 */
export async function predict(
  path: string,
  input: string | PredictionRows,
  options: PredictOptions = {},
): Promise<Predictions> {
  checkOptions('predict', options);
  const { format, delimiter } = options;
  const prediction = await openPrediction(path, input, { ...settingsOf(options), format, delimiter });
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
