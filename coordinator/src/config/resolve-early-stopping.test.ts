import type { DataSplit, Dataset } from '@hivegrad/shared/data/dataset';
import { expect, it } from 'vitest';
import { bindToData } from './bind.ts';
import { MINIMAL, refusalWith, resolved } from './resolve.test.support.ts';

it('is off by default, and has a patience, a least improvement and a metric where it is on', () => {
  expect(resolved(MINIMAL).config).toMatchObject({ validationFraction: 0, earlyStopping: null });
  const settings = { ...MINIMAL, validationFraction: 0.1, earlyStopping: {} };
  expect(resolved(settings).config).toMatchObject({
    validationFraction: 0.1,
    earlyStopping: { patience: 5, minDelta: 0, metric: 'loss' },
  });
});

it('is switched on by a flag that gives one of its settings', () => {
  const set = ['validationFraction=0.2', 'earlyStopping.patience=3'];
  expect(resolved(MINIMAL, { set }).config).toMatchObject({
    validationFraction: 0.2,
    earlyStopping: { patience: 3, minDelta: 0, metric: 'loss' },
  });
});

it('resolves to itself when it is written as JSON', () => {
  const settings = { ...MINIMAL, validationFraction: 0.1, earlyStopping: { metric: 'accuracy' } };
  const { config } = resolved(settings);
  expect(resolved(JSON.parse(JSON.stringify(config)) as object).config).toEqual(config);
});

it('is refused without a validation part to watch', () => {
  expect(refusalWith({ earlyStopping: {} })).toEqual([
    'CONFIG_INVALID',
    'earlyStopping needs a validation part to watch; set validationFraction, e.g. to 0.1',
  ]);
});

it('is refused with values that mean nothing', () => {
  const [code, ...problems] = refusalWith({
    validationFraction: 1,
    earlyStopping: { patience: 0, minDelta: -1, metric: 'f1' },
  });
  expect(code).toBe('CONFIG_INVALID');
  expect(problems.map((line) => line.split(' ')[0])).toEqual([
    'validationFraction',
    'earlyStopping.patience',
    'earlyStopping.minDelta',
    'earlyStopping.metric',
  ]);
  expect(refusalWith({ validationFraction: 0.1, earlyStopping: { patiense: 3 } })).toEqual([
    'CONFIG_UNKNOWN_KEY',
    'earlyStopping.patiense is not a setting; did you mean patience?',
  ]);
});

const nothing: Dataset = {
  samples: 8,
  features: { kind: 'f32', width: 3, rows: new SharedArrayBuffer(0) },
  targets: { kind: 'values', width: 10, rows: new SharedArrayBuffer(0) },
  digest: '',
};
const split = (validation: Dataset) =>
  ({ train: nothing, validation, test: nothing }) as unknown as DataSplit;
const values = {
  model: { ...MINIMAL.model, loss: 'squaredError' },
  validationFraction: 0.1,
};

it('is refused where it watches the accuracy under a loss that counts no correct answers', () => {
  const bind = (metric: string) =>
    bindToData(resolved({ ...MINIMAL, ...values, earlyStopping: { metric } }).config, split(nothing));
  expect(() => bind('accuracy')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message:
        'earlyStopping.metric is "accuracy", but squaredError counts no correct answers; set earlyStopping.metric to "loss".',
    }),
  );
  expect(bind('loss').config.earlyStopping?.metric).toBe('loss');
});

it('is refused where the fraction leaves no sample in the validation part', () => {
  const { config } = resolved({ ...MINIMAL, ...values });
  expect(() => bindToData(config, split({ ...nothing, samples: 0 }))).toThrow(
    'The validation part has no samples; raise validationFraction.',
  );
});
