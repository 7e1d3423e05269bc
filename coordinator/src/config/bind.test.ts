import type { Dataset, Targets } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { bindToData } from './bind.ts';
import { parseConfig } from './document.ts';
import { type ResolvedConfig, resolveConfig } from './resolve.ts';

function config(units: number, loss: string, rest: object = {}): ResolvedConfig {
  const model = {
    layers: [
      { type: 'dense', units: 5 },
      { type: 'dense', units },
    ],
    loss,
  };
  return resolveConfig(parseConfig({ data: { kind: 'mnist' }, model, ...rest }, 'c.json')).config;
}

const classes = (count: number): Targets => ({
  kind: 'classes',
  classes: count,
  names: [],
  rows: new SharedArrayBuffer(0),
});

function values(width: number, rows: readonly number[] = []): Targets {
  const buffer = new SharedArrayBuffer(rows.length * Float32Array.BYTES_PER_ELEMENT);
  new Float32Array(buffer).set(rows);
  return { kind: 'values', width, rows: buffer };
}

function dataset(targets: Targets, samples = 1000): Dataset {
  const features = { kind: 'f32', width: 7, rows: new SharedArrayBuffer(0) } as const;
  return { samples, features, targets, digest: '' };
}

const encoding = {
  input: { kind: 'numbers', width: 7 },
  target: { kind: 'classes', names: [] },
} as const;

function bind(settings: ResolvedConfig, targets: Targets, test = targets) {
  return bindToData(settings, { train: dataset(targets), test: dataset(test), encoding, description: '' });
}

function refusal(settings: ResolvedConfig, targets: Targets, test = targets): string {
  try {
    bind(settings, targets, test);
  } catch (error) {
    if (error instanceof UserError && error.code === 'DATA_MISMATCH') return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('bindToData', () => {
  it('takes the input size from the data and completes what depends on the number of samples', () => {
    const settings = config(10, 'softmaxCrossEntropy', { batchSize: 3 });
    expect(bind(settings, classes(10))).toEqual({
      config: settings,
      model: { inputSize: 7, layers: settings.model.layers, loss: 'softmaxCrossEntropy' },
      stepsPerEpoch: 334,
      metricsEverySteps: 17,
      schedule: { type: 'constant', warmupSteps: 0 },
      train: dataset(classes(10)),
    });
    expect(bind(config(10, 'softmaxCrossEntropy', { batchSize: 5000 }), classes(10))).toMatchObject({
      stepsPerEpoch: 1,
      metricsEverySteps: 1,
    });
    expect(bind(config(2, 'squaredError', { metricsEvery: 5 }), values(2)).metricsEverySteps).toBe(5);
  });

  it('names both numbers where the last layer does not fit the targets', () => {
    expect(refusal(config(10, 'softmaxCrossEntropy'), classes(3))).toBe(
      'The model does not fit the data: the last layer has 10 units, but the data has 3 classes; set model.layers[1].units to 3.',
    );
    expect(refusal(config(1, 'squaredError'), values(2))).toBe(
      'The model does not fit the data: the last layer has 1 unit, but the data has 2 target values per sample; set model.layers[1].units to 2.',
    );
  });

  it('refuses a loss that cannot read the targets and names one that can', () => {
    expect(refusal(config(2, 'softmaxCrossEntropy'), values(2))).toContain(
      'set model.loss to "squaredError"',
    );
    expect(refusal(config(2, 'squaredError'), classes(2))).toContain(
      'set model.loss to "softmaxCrossEntropy"',
    );
    expect(refusal(config(1, 'binaryCrossEntropy'), classes(2))).toBe(
      'The model does not fit the data: binaryCrossEntropy needs target values from 0 to 1, but these are 2 classes; ' +
        'set model.loss to "softmaxCrossEntropy" and give the last layer 2 units.',
    );
  });

  it('finds the first target that is no probability under binaryCrossEntropy, in either part', () => {
    const settings = config(2, 'binaryCrossEntropy');
    const good = values(2, [0, 1, 0.5, 0.25]);
    expect(bind(settings, good).model.loss).toBe('binaryCrossEntropy');
    expect(refusal(settings, values(2, [0, 1, 1, 2]))).toContain('sample 1 of the training part has 2;');
    expect(refusal(settings, good, values(2, [-0.5, 1]))).toContain('sample 0 of the test part has -0.5;');
    expect(refusal(settings, values(2, [0, Number.NaN]))).toContain('sample 0 of the training part has NaN;');
  });

  it('turns a schedule of epochs into one of steps', () => {
    const scheduled = (schedule: object) =>
      bind(config(10, 'softmaxCrossEntropy', { batchSize: 3, epochs: 4, schedule }), classes(10)).schedule;
    expect(scheduled({ type: 'cosine', warmupEpochs: 0.5, finalFraction: 0.1 })).toEqual({
      type: 'cosine',
      warmupSteps: 167,
      totalSteps: 1336,
      finalFraction: 0.1,
    });
    expect(scheduled({ type: 'step', everyEpochs: 2 })).toEqual({
      type: 'step',
      warmupSteps: 0,
      everySteps: 668,
      factor: 0.1,
    });
    expect(scheduled({ type: 'exponential', everyEpochs: 0.001, factor: 0.99 })).toMatchObject({
      everySteps: 1,
    });
  });

  it('refuses data without samples', () => {
    const empty = { train: dataset(classes(10), 0), test: dataset(classes(10)), encoding, description: '' };
    expect(() => bindToData(config(10, 'softmaxCrossEntropy'), empty)).toThrow(
      'The training part has no samples',
    );
  });
});
