import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeNpy, failureOf, rowsOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadNpy } from './npy-load.ts';
import type { LoadOptions, NpyDataSpec } from './spec.ts';

const DEFAULTS = {
  testFraction: 0.2,
  task: 'classes',
  standardize: false,
  standardizeTargets: false,
  scale: 'unit',
} as const;

const X = encodeNpy('<f4', [4, 1, 2], Float32Array.of(1, 10, 3, 10, 5, 10, 7, 10));
const Y = encodeNpy('<i8', [4], BigInt64Array.of(0n, 2n, 1n, 2n));
const FILES = { 'x.npy': X, 'y.npy': Y };

function place(files: Record<string, Uint8Array>, changes: Partial<NpyDataSpec> & { weights?: string }) {
  const { weights, ...options } = changes;
  const directory = writeTestFiles(files);
  const at = (name: string) => join(directory, name);
  const train = { features: at('x.npy'), targets: at('y.npy') };
  const spec = {
    ...DEFAULTS,
    train: weights === undefined ? train : { ...train, weights: at(weights) },
    ...('tx.npy' in files ? { test: { features: at('tx.npy'), targets: at('ty.npy') } } : {}),
    ...options,
  };
  return { directory, spec };
}

function load(files: Record<string, Uint8Array>, changes = {}, options: LoadOptions = { seed: 1 }) {
  return loadNpy(place(files, changes).spec, options);
}

function failure(files: Record<string, Uint8Array>, changes = {}): Promise<string> {
  const { directory, spec } = place(files, changes);
  return failureOf(loadNpy(spec, { seed: 1 }), directory);
}

describe('loadNpy', () => {
  it('flattens samples and says what was read', async () => {
    const tests = {
      'tx.npy': encodeNpy('<f4', [1, 1, 2], Float32Array.of(9, 9)),
      'ty.npy': encodeNpy('|u1', [1], Uint8Array.of(1)),
    };
    const { train, test, encoding, description } = await load({ ...FILES, ...tests });
    expect(rowsOf(train.features)).toEqual([
      [1, 10],
      [3, 10],
      [5, 10],
      [7, 10],
    ]);
    expect([...new Uint32Array(train.targets.rows)]).toEqual([0, 2, 1, 2]);
    expect(rowsOf(test.features)).toEqual([[9, 9]]);
    expect(encoding).toEqual({
      input: { kind: 'numbers', width: 2 },
      target: { kind: 'classes', names: ['0', '1', '2'] },
    });
    expect(description).toBe('NPY: 4 training and 1 test samples of 2 numbers, 3 classes (x.npy and tx.npy)');
  });

  it('standardizes by the training part that remains, and leaves a constant column unscaled', async () => {
    const { train, validation, test, encoding } = await load(
      FILES,
      { testFraction: 0.25, standardize: true },
      { seed: 3, validationFraction: 0.3 },
    );
    expect([train.samples, validation?.samples, test.samples]).toEqual([2, 1, 1]);
    const { input } = encoding;
    if (input.kind !== 'numbers') throw new Error('numbers were standardized');
    expect(
      rowsOf(train.features)
        .map(([x]) => x)
        .toSorted(),
    ).toEqual([-1, 1]);
    expect(input.means?.[1]).toBe(10);
    expect(input.deviations?.[1]).toBe(1);
    const back = [train, validation!, test].flatMap((part) =>
      rowsOf(part.features).map(([x = 0]) => Math.round(x * input.deviations![0]! + input.means![0]!)),
    );
    expect(back.toSorted()).toEqual([1, 3, 5, 7]);
  });

  it('keeps unsigned bytes as bytes, or standardizes them', async () => {
    const bytes = { ...FILES, 'x.npy': encodeNpy('|u1', [4, 2], Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255)) };
    const kept = await load(bytes, { scale: 'none' });
    expect(kept.train.features).toMatchObject({ kind: 'u8', scale: 'none', width: 2 });
    expect(kept.encoding.input).toEqual({ kind: 'bytes', width: 2, scale: 'none' });
    const changed = await load(bytes, { standardize: true });
    expect(changed.train.features.kind).toBe('f32');
  });

  it('takes values of any width, standardized on request', async () => {
    const files = { ...FILES, 'y.npy': encodeNpy('<f8', [4, 2], Float64Array.of(1, 5, 2, 5, 3, 5, 4, 5)) };
    const raw = await load(files, { task: 'values' });
    expect(raw.encoding.target).toEqual({ kind: 'values', names: ['0', '1'] });
    expect(raw.train.targets).toMatchObject({ kind: 'values', width: 2 });
    const { train, encoding } = await load(files, { task: 'values', standardizeTargets: true });
    const { target } = encoding;
    if (target.kind !== 'values') throw new Error('the task is values');
    expect(target.deviations?.[1]).toBe(1);
    expect(target.means?.[1]).toBe(5);
    const first = [...new Float32Array(train.targets.rows)].filter((_, i) => i % 2 === 0);
    expect(Math.abs(first.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-6);
  });

  it('gives weights to the training part alone', async () => {
    const files = { ...FILES, 'w.npy': encodeNpy('<f8', [4], Float64Array.of(1, 2, 3, 4)) };
    const { train, test, description } = await load(files, { weights: 'w.npy' });
    expect(train.weights?.byteLength).toBe(4 * train.samples);
    const values = [...new Float32Array(train.features.rows)].filter((_, i) => i % 2 === 0);
    expect([...new Float32Array(train.weights!)]).toEqual(values.map((x) => (x + 1) / 2));
    expect(test.weights).toBeUndefined();
    expect(description).toContain('; weighted by w.npy)');
    const negative = encodeNpy('<f4', [4], Float32Array.of(1, -2, 3, 4));
    expect(await failure({ ...files, 'w.npy': negative }, { weights: 'w.npy' })).toBe(
      'DATA_WEIGHT w.npy, sample 1: the weight -2 is not a number of 0 or more; correct it.',
    );
    expect(
      await failure({ ...files, 'w.npy': encodeNpy('<f4', [4], new Float32Array(4)) }, { weights: 'w.npy' }),
    ).toMatch(/^DATA_WEIGHT Every weight in the training part of w\.npy is 0/);
  });

  it('refuses arrays of different samples', async () => {
    expect(await failure({ ...FILES, 'y.npy': encodeNpy('<i4', [3], Int32Array.of(0, 1, 2)) })).toBe(
      'DATA_MISMATCH x.npy holds 4 samples but y.npy holds 3; give arrays of the same samples.',
    );
    const tests = {
      'tx.npy': encodeNpy('<f4', [1, 3], Float32Array.of(1, 2, 3)),
      'ty.npy': encodeNpy('<i8', [1], BigInt64Array.of(1n)),
    };
    expect(await failure({ ...FILES, ...tests })).toBe(
      'DATA_MISMATCH Samples of x.npy are [1 x 2] of f4, those of tx.npy [3] of f4; give two parts of the same data set.',
    );
  });

  it('refuses classes that are no integers, negative or too many', async () => {
    const y = (content: Uint8Array, changes = {}) => failure({ ...FILES, 'y.npy': content }, changes);
    expect(await y(encodeNpy('<f4', [4], new Float32Array(4)))).toMatch(
      /^DATA_MISMATCH y\.npy holds \[4\] of f4, but classes are one integer per sample; save a\.astype/,
    );
    expect(await y(encodeNpy('<i4', [4], Int32Array.of(0, -1, 1, 1)))).toBe(
      'DATA_LABEL_RANGE Class -1 of sample 1 in y.npy is not below the number of classes, 2; number classes from 0.',
    );
    expect(await y(Y, { classes: 2 })).toContain(
      'Class 2 of sample 1 in y.npy is not below the number of classes, 2',
    );
  });
});
