/**
 * A configuration meets its data. In: a ResolvedConfig and the data that it names; out: the complete ModelSpec and
 * what depends on the number of samples. A network whose output does not fit the targets is refused here, before
 * anything is allocated or trained.
 */

import type { DataSplit, Dataset, Targets } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { ScheduleSpec } from '@hivegrad/shared/optim/spec';
import { weightClasses } from './class-weights.ts';
import type { ResolvedConfig, ScheduleConfig } from './resolve.ts';

export interface BoundConfig {
  readonly config: ResolvedConfig;
  readonly model: ModelSpec;
  /** Mini-batches per epoch; the last may be smaller. */
  readonly stepsPerEpoch: number;
  /** Steps between two lines of metrics. */
  readonly metricsEverySteps: number;
  /** The learning rate over steps. */
  readonly schedule: ScheduleSpec;
  /** The training part, with the weights of its classes multiplied into those of its samples. */
  readonly train: Dataset;
}

const METRIC_LINES_PER_EPOCH = 20;

/** Binds `config` to `split`. A network or loss that does not fit the targets is DATA_MISMATCH. */
export function bindToData(config: ResolvedConfig, split: DataSplit): BoundConfig {
  const { layers, loss } = config.model;
  const { features, targets, samples } = split.train;
  if (samples === 0)
    throw new UserError('DATA_EMPTY', 'The training part has no samples; check the files of data.');
  if (split.validation?.samples === 0) {
    throw new UserError('DATA_EMPTY', 'The validation part has no samples; raise validationFraction.');
  }
  checkLoss(config, targets);
  checkEarlyStopping(config);
  checkOutputs(config, targets);
  if (loss === 'binaryCrossEntropy') {
    checkProbabilities('training', split.train);
    if (split.validation !== undefined) checkProbabilities('validation', split.validation);
    checkProbabilities('test', split.test);
  }
  const stepsPerEpoch = Math.ceil(samples / config.batchSize);
  return {
    config,
    model: { inputSize: features.width, layers, loss },
    stepsPerEpoch,
    metricsEverySteps: config.metricsEvery ?? Math.max(1, Math.ceil(stepsPerEpoch / METRIC_LINES_PER_EPOCH)),
    schedule: scheduleInSteps(config.schedule, stepsPerEpoch, config.epochs),
    train: weightClasses(split.train, config.classWeights),
  };
}

/** A schedule in steps; parts of an epoch are rounded to whole steps. */
function scheduleInSteps(schedule: ScheduleConfig, stepsPerEpoch: number, epochs: number): ScheduleSpec {
  const warmupSteps = Math.round(schedule.warmupEpochs * stepsPerEpoch);
  switch (schedule.type) {
    case 'constant':
      return { type: 'constant', warmupSteps };
    case 'step':
    case 'exponential': {
      const { type, factor } = schedule;
      return {
        type,
        warmupSteps,
        everySteps: Math.max(1, Math.round(schedule.everyEpochs * stepsPerEpoch)),
        factor,
      };
    }
    case 'cosine':
      return {
        type: 'cosine',
        warmupSteps,
        totalSteps: epochs * stepsPerEpoch,
        finalFraction: schedule.finalFraction,
      };
  }
}

function checkLoss({ model: { loss } }: ResolvedConfig, targets: Targets): void {
  if (loss === 'softmaxCrossEntropy' && targets.kind === 'values') {
    mismatch(
      'softmaxCrossEntropy needs targets that are classes, but these are values; set model.loss to "squaredError"',
    );
  }
  if (loss === 'binaryCrossEntropy' && targets.kind === 'classes') {
    mismatch(
      `binaryCrossEntropy needs target values from 0 to 1, but these are ${targets.classes} classes; set model.loss to ` +
        `"softmaxCrossEntropy" and give the last layer ${targets.classes} units`,
    );
  }
  if (loss === 'squaredError' && targets.kind === 'classes') {
    mismatch(
      'squaredError needs target values, but these are classes; set model.loss to "softmaxCrossEntropy"',
    );
  }
}

function checkEarlyStopping({ earlyStopping, model: { loss } }: ResolvedConfig): void {
  if (earlyStopping?.metric !== 'accuracy' || lossKinds[loss].countsCorrect) return;
  throw new UserError(
    'CONFIG_INVALID',
    `earlyStopping.metric is "accuracy", but ${loss} counts no correct answers; set earlyStopping.metric to "loss".`,
  );
}

function checkOutputs({ model: { layers } }: ResolvedConfig, targets: Targets): void {
  const last = layers.length - 1;
  const layer = layers[last];
  const units = layer?.type === 'dense' ? layer.units : 0;
  const [needed, what] =
    targets.kind === 'classes'
      ? [targets.classes, `${targets.classes} classes`]
      : [targets.width, `${targets.width} target ${targets.width === 1 ? 'value' : 'values'} per sample`];
  if (units === needed) return;
  mismatch(
    `the last layer has ${units} ${units === 1 ? 'unit' : 'units'}, but the data has ${what}; ` +
      `set model.layers[${last}].units to ${needed}`,
  );
}

/** A target outside [0, 1] makes the binary cross-entropy fall without a bound. */
function checkProbabilities(part: string, { targets }: Dataset): void {
  if (targets.kind !== 'values') return;
  const values = new Float32Array(targets.rows);
  const at = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (at < 0) return;
  mismatch(
    `binaryCrossEntropy needs target values from 0 to 1, but sample ${Math.floor(at / targets.width)} of the ${part} ` +
      `part has ${values[at]}; scale the targets or set model.loss to "squaredError"`,
  );
}

function mismatch(sentence: string): never {
  throw new UserError('DATA_MISMATCH', `The model does not fit the data: ${sentence}.`);
}
