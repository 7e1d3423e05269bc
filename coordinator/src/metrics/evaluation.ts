/**
 * Evaluation from predictions. In: what a network answered for every sample of a data set, and the data set's
 * targets; out: an `Evaluation`, plain data that is printed (`evaluation-text.ts`), drawn (report) and written as
 * evaluation.json. Sums are in float64 and in the order of the samples.
 */

import type { TargetEncoding, Targets } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import type { Loss } from '@hivegrad/shared/model/spec';
import { type BinaryEvaluation, evaluateBinary } from './binary.ts';
import { type ClassesEvaluation, evaluateClasses } from './classes.ts';
import { evaluateValues, type ValuesEvaluation } from './values.ts';

export type Evaluation = ClassesEvaluation | BinaryEvaluation | ValuesEvaluation;

export interface EvaluationInput {
  readonly loss: Loss;
  /** One row of the network's outputs per sample: probabilities under the cross-entropies, else values. */
  readonly predictions: Float32Array;
  readonly targets: Targets;
  readonly encoding: TargetEncoding;
}

/**
 * Compares predictions with targets.
 * @throws UserError `DATA_NOT_A_NUMBER` where a prediction is not finite, `DATA_EMPTY` where there is no sample
 */
export function evaluatePredictions(input: EvaluationInput): Evaluation {
  const { loss, predictions, targets, encoding } = input;
  const width = targets.kind === 'classes' ? targets.classes : targets.width;
  requireFinite(predictions, width);
  if (targets.kind === 'classes') {
    const names = encoding.kind === 'classes' ? encoding.names : targets.names;
    const labels = new Uint32Array(targets.rows);
    requireRows(predictions.length, labels.length * width);
    return evaluateClasses(predictions, labels, namesOf(names, width, ''));
  }
  const values = new Float32Array(targets.rows);
  requireRows(predictions.length, values.length);
  const names = namesOf(encoding.kind === 'values' ? encoding.names : [], width, 'output ');
  return loss === 'binaryCrossEntropy'
    ? evaluateBinary(predictions, values, names)
    : evaluateValues(predictions, values, { ...encoding, names });
}

/** Names that are missing are numbers from 0: a data set of images need not have any. */
function namesOf(names: readonly string[], width: number, prefix: string): readonly string[] {
  return Array.from({ length: width }, (_, i) => names[i] ?? `${prefix}${i}`);
}

function requireFinite(predictions: Float32Array, width: number): void {
  const at = predictions.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new UserError(
    'DATA_NOT_A_NUMBER',
    `What the network answers for sample ${Math.floor(at / width)} is not finite. Check the inputs of that sample, or ` +
      'train with standardized inputs and a smaller learning rate.',
  );
}

/** Rows that do not match are a mistake of the caller, no bad input; no rows are. */
function requireRows(predictions: number, targets: number): void {
  if (targets === 0)
    throw new UserError('DATA_EMPTY', 'There is no sample to evaluate; check the files of data.');
  if (predictions !== targets) throw new RangeError(`${predictions} predictions for ${targets} targets`);
}

/** The text of evaluation.json: a line for each key, and for each element of a list. */
export function evaluationJson(evaluation: Evaluation): string {
  const lines = Object.entries(evaluation).map(([key, value]: [string, unknown]) => {
    if (!Array.isArray(value) || value.length === 0) return `  "${key}": ${JSON.stringify(value)}`;
    return `  "${key}": [\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
