import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultLoss, withoutPaths } from './data-settings.ts';
import { MINIMAL, refusalWith, resolved } from './resolve.test.support.ts';

const dataOf = (data: object) => resolved({ ...MINIMAL, data }).config.data;

const TABLE = { train: 'cars', target: 'mpg', task: 'values' };
const TABLE_DEFAULTS = {
  train: resolve('/home/ada/cars'),
  target: ['mpg'],
  task: 'values',
  testFraction: 0.2,
  standardize: true,
  standardizeTargets: false,
  ignore: [],
  categories: [],
  missing: 'refuse',
};

describe('data settings of tables', () => {
  it.each(['json', 'parquet'])('fill in the defaults of %s', (kind) => {
    expect(dataOf({ kind, ...TABLE })).toEqual({ kind, ...TABLE_DEFAULTS });
    expect(dataOf({ kind, ...TABLE, test: 't', missing: 'drop', weight: 'w' })).toEqual({
      kind,
      ...TABLE_DEFAULTS,
      test: resolve('/home/ada/t'),
      missing: 'drop',
      weight: 'w',
    });
    expect(refusalWith({ data: { kind, ...TABLE, delimiter: ';' } })[1]).toMatch(
      /^data\.delimiter is not a setting/,
    );
    expect(refusalWith({ data: { kind, ...TABLE, task: 'classes', target: ['a', 'b'] } })).toEqual([
      'CONFIG_INVALID',
      'data.target must be one column for the task "classes", but has 2',
    ]);
  });

  it('leave no trace in the digest where they are off', () => {
    const { missing: _, standardizeTargets: __, train: ___, ...before } = TABLE_DEFAULTS;
    expect(withoutPaths(dataOf({ kind: 'csv', ...TABLE }))).toEqual({
      kind: 'csv',
      delimiter: ',',
      ...before,
    });
    const changed = { missing: 'drop', standardizeTargets: true, weight: 'w' };
    expect(withoutPaths(dataOf({ kind: 'csv', ...TABLE, ...changed }))).toEqual({
      kind: 'csv',
      delimiter: ',',
      ...before,
      ...changed,
    });
  });
});

describe('data settings of arrays', () => {
  const train = { features: 'x.npy', targets: '/y.npy' };

  it('make every path absolute and are off by default', () => {
    const test = { features: 'tx.npy', targets: 'ty.npy' };
    const data = { kind: 'npy', train: { ...train, weights: 'w.npy' }, test, task: 'classes', classes: 3 };
    expect(dataOf(data)).toEqual({
      kind: 'npy',
      train: {
        features: resolve('/home/ada/x.npy'),
        targets: resolve('/y.npy'),
        weights: resolve('/home/ada/w.npy'),
      },
      test: { features: resolve('/home/ada/tx.npy'), targets: resolve('/home/ada/ty.npy') },
      testFraction: 0.2,
      task: 'classes',
      standardize: false,
      standardizeTargets: false,
      scale: 'unit',
      classes: 3,
    });
  });

  it('show in the digest whether there are weights and a test part, but no path', () => {
    const plain = withoutPaths(dataOf({ kind: 'npy', train, task: 'values' }));
    const settings = {
      kind: 'npy',
      task: 'values',
      standardize: false,
      standardizeTargets: false,
      scale: 'unit',
    };
    expect(plain).toEqual({ ...settings, testFraction: 0.2 });
    const whole = { kind: 'npy', train: { ...train, weights: 'w' }, test: train, task: 'values' };
    expect(withoutPaths(dataOf(whole))).toEqual({ ...settings, ownTestFile: true, weighted: true });
  });
});

describe('data settings of arrays of a program', () => {
  const settings = {
    kind: 'memory',
    task: 'classes',
    testFraction: 0.2,
    standardize: false,
    standardizeTargets: false,
    scale: 'unit',
  };

  it('name no file, and all decide the result', () => {
    expect(dataOf({ kind: 'memory', task: 'classes' })).toEqual(settings);
    const named = dataOf({ kind: 'memory', task: 'classes', classes: ['no', 'yes'] });
    expect(withoutPaths(named)).toEqual({ ...settings, classes: ['no', 'yes'] });
    expect(defaultLoss(named)).toBe('softmaxCrossEntropy');
    expect(defaultLoss(dataOf({ kind: 'memory', task: 'values' }))).toBe('squaredError');
  });

  it('take a number of classes, or names of which no two are the same', () => {
    const refused = (classes: unknown) =>
      refusalWith({ data: { kind: 'memory', task: 'classes', classes } })[1];
    expect(refused(0)).toBe('data.classes must be at least 1, but is 0');
    for (const classes of ['no', true, { a: 1 }]) {
      expect(refused(classes)).toMatch(
        /^data\.classes must be the number of classes or the list of their names, but is /,
      );
    }
    expect(refused(['a', 'b', 'a'])).toBe('data.classes must name each class once, but has "a" twice');
  });
});

describe('data settings of named sets', () => {
  it('are a share for the test part, and decide the loss', () => {
    for (const [kind, loss] of [
      ['autoMpg', 'squaredError'],
      ['penguins', 'softmaxCrossEntropy'],
      ['flights', 'binaryCrossEntropy'],
    ] as const) {
      expect(dataOf({ kind })).toEqual({ kind, testFraction: 0.2 });
      expect(withoutPaths(dataOf({ kind, testFraction: 0.3 }))).toEqual({ kind, testFraction: 0.3 });
      expect(defaultLoss(dataOf({ kind }))).toBe(loss);
    }
  });
});
