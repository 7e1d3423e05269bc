import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import { failureOf, rowsOf } from './fixtures.test.support.ts';
import { encodeRows } from './memory-rows.ts';

const TARGET = { kind: 'classes', names: ['0', '1'] } as const;
const TABLE: DataEncoding = {
  input: {
    kind: 'columns',
    columns: [
      { kind: 'category', name: 'c', categories: ['blue', 'red'] },
      { kind: 'number', name: 'a', mean: 2, deviation: 4 },
    ],
  },
  target: TARGET,
};
const BYTES: DataEncoding = { input: { kind: 'bytes', width: 2, scale: 'unit' }, target: TARGET };
const NUMBERS: DataEncoding = {
  input: { kind: 'numbers', width: 2, means: [1, 0], deviations: [2, 1] },
  target: TARGET,
};

async function encoded(rows: unknown, encoding: DataEncoding) {
  const { features, samples, description } = await encodeRows(rows, { encoding });
  return { rows: rowsOf(features), kind: features.kind, samples, description };
}

describe('encodeRows', () => {
  it.each([
    [
      'lists',
      [
        [3, 5],
        [1, 7],
      ],
    ],
    ['typed rows', [Uint8Array.of(3, 5), Uint8Array.of(1, 7)]],
    ['one list', [3, 5, 1, 7]],
    ['one typed array', Float64Array.of(3, 5, 1, 7)],
  ])('takes %s for a network on numbers, and standardizes a copy', async (_, rows) => {
    const before = structuredClone(rows);
    expect(await encoded(rows, NUMBERS)).toEqual({
      rows: [
        [1, 5],
        [0, 7],
      ],
      kind: 'f32',
      samples: 2,
      description: 'Arrays: 2 samples of 2 numbers (of the program)',
    });
    expect(rows).toEqual(before);
  });

  it('takes bytes, also in lists, for a network on bytes', async () => {
    for (const rows of [[[3, 255]], Uint8Array.of(3, 255), Float32Array.of(3, 255)]) {
      expect(await encoded(rows, BYTES)).toMatchObject({ rows: [[3, 255]], kind: 'u8', samples: 1 });
    }
  });

  it('takes objects for a network on columns, whatever else they hold', async () => {
    const rows = [
      { a: 6, c: 'red', deep: {} },
      { c: 'blue', a: 0 },
    ];
    expect((await encoded(rows, TABLE)).rows).toEqual([
      [0, 1, 1],
      [1, 0, -0.5],
    ]);
  });

  it.each<[string, unknown, DataEncoding, RegExp]>([
    [
      'nothing',
      undefined,
      NUMBERS,
      /^DATA_MISSING rows is missing; give one list of numbers for each sample/,
    ],
    ['a number', 42, NUMBERS, /^DATA_FORMAT rows is 42; give one list/],
    ['no rows', [], NUMBERS, /^DATA_EMPTY rows is empty; give one sample at least\.$/],
    [
      'another width',
      [[1, 2, 3]],
      NUMBERS,
      /^DATA_MISMATCH Samples of rows have 3 values, but the network takes 2; give samples of that size\.$/,
    ],
    [
      'half a sample',
      [1, 2, 3],
      NUMBERS,
      /^DATA_MISMATCH rows holds 3 numbers, which are no whole samples of 2;/,
    ],
    [
      'infinity',
      [[1, Infinity]],
      NUMBERS,
      /^DATA_NOT_A_NUMBER rows, sample 0, value 1: Infinity is not a finite float32/,
    ],
    ['objects for numbers', [{ a: 1 }], NUMBERS, /^DATA_FORMAT rows, sample 0 is an object; give one list/],
    [
      'no bytes',
      [
        [1, 2],
        [3, 256],
      ],
      BYTES,
      /^DATA_FORMAT rows, sample 1, value 1 is 256, but the network takes bytes; give whole numbers from 0 to 255\.$/,
    ],
    [
      'numbers for columns',
      [[1, 2]],
      TABLE,
      /^DATA_FORMAT rows holds numbers without names, but the network takes columns; give one object for each sample, with "c", "a"\.$/,
    ],
    ['no objects', [null], TABLE, /^DATA_FORMAT rows, row 1 is null, not an object/],
    ['a missing key', [{ a: 1 }], TABLE, /^DATA_MISMATCH .*"c"/],
    [
      'an unknown category',
      [{ a: 1, c: 'pink' }],
      TABLE,
      /^DATA_LABEL_RANGE rows, row 1, column "c": "pink" is no category/,
    ],
    ['no objects at all', [], TABLE, /^DATA_EMPTY rows holds no rows; give one sample at least\.$/],
  ])('refuses %s', async (_, rows, encoding, said) => {
    expect(await failureOf(encodeRows(rows, { encoding }), 'no directory')).toMatch(said);
  });
});
