import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import { load } from './csv.test.support.ts';
import { encodeIdx, encodeNpy, failureOf, rowsOf, writeTestFiles } from './fixtures.test.support.ts';
import { parquetFile } from './parquet.test.support.ts';
import { type RowOptions, readRows } from './rows.ts';

const TABLE: DataEncoding = {
  input: {
    kind: 'columns',
    columns: [
      { kind: 'category', name: 'c', categories: ['blue', 'red'] },
      { kind: 'number', name: 'a', mean: 2, deviation: 4 },
    ],
  },
  target: { kind: 'classes', names: ['u', 'v'], column: 'y' },
};
const BYTES: DataEncoding = {
  input: { kind: 'bytes', width: 2, scale: 'unit' },
  target: { kind: 'classes', names: ['0', '1'] },
};
const NUMBERS: DataEncoding = {
  input: { kind: 'numbers', width: 2, means: [1, 0], deviations: [2, 1] },
  target: { kind: 'values', names: ['0'] },
};

function place(name: string, content: string | Uint8Array) {
  const directory = writeTestFiles({ [name]: content });
  return { directory, path: join(directory, name) };
}

function read(name: string, content: string | Uint8Array, options: RowOptions) {
  return readRows(place(name, content).path, options);
}

function failure(name: string, content: string | Uint8Array, options: RowOptions): Promise<string> {
  const { directory, path } = place(name, content);
  return failureOf(readRows(path, options), directory);
}

describe('readRows of a table', () => {
  const wanted = [
    [0, 1, 1],
    [1, 0, -0.5],
  ];

  it.each([
    ['new.csv', 'a,other,c\n6,,red\n0,x,blue\n', {}],
    ['new.tsv', 'a\tc\n6\tred\n0\tblue\n', {}],
    ['new.txt', 'a;c\n6;red\n0;blue\n', { format: 'csv', delimiter: ';' }],
    ['new.json', '[{"c": "red", "a": 6}, {"a": 0, "c": "blue", "deep": [1]}]', {}],
    ['new.ndjson', '{"c": "red", "a": 6}\n{"a": 0, "c": "blue"}\n', {}],
  ] as const)(
    'encodes %s as the training part was, whatever the order of columns',
    async (name, text, options) => {
      const rows = await read(name, text, { encoding: TABLE, ...options });
      expect(rowsOf(rows.features)).toEqual(wanted);
      expect(rows.samples).toBe(2);
      expect(rows.targets).toBeUndefined();
      expect(rows.description).toMatch(/^(?:CSV|JSON): 2 samples of 3 numbers \(new\.\w+\)$/);
    },
  );

  it('gives the features of the training part for its own rows, and its targets', async () => {
    const train = 'c,a,y\nred,1,u\nblue,5,v\nred,9,v\n';
    const split = await load({ train, test: 'c,a,y\nred,1,u\n' });
    const rows = await read('train.csv', train, { encoding: split.encoding });
    expect(rowsOf(rows.features)).toEqual(rowsOf(split.train.features));
    expect(rows.targets).toEqual(split.train.targets);
  });

  it('standardizes target values as those of the training part were', async () => {
    const target = { kind: 'values', names: ['y', 'z'], means: [10, 0], deviations: [5, 1] } as const;
    const encoding = { ...TABLE, target };
    const rows = await read('new.csv', 'a,c,z,y\n6,red,3,20\n', { encoding });
    expect([...new Float32Array(rows.targets!.rows)]).toEqual([2, 3]);
    const without = await read('new.csv', 'a,c,y\n6,red,20\n', { encoding });
    expect(without.targets).toBeUndefined();
  });

  it('reads Parquet', async () => {
    const input = {
      kind: 'columns',
      columns: [{ kind: 'number', name: 'a', mean: 0, deviation: 1 }],
    } as const;
    const rows = await read('new.parquet', parquetFile('snappy'), { encoding: { ...TABLE, input } });
    expect(rowsOf(rows.features).slice(0, 3)).toEqual([[0], [1], [2]]);
    expect([...new Uint32Array(rows.targets!.rows, 0, 3)]).toEqual([0, 1, 0]);
  });

  it('names a missing column, an unknown category or class, and an empty cell', async () => {
    const encoding = TABLE;
    expect(await failure('new.csv', 'A,c\n6,red\n', { encoding })).toBe(
      'DATA_MISMATCH new.csv has no column "a"; correct the name, the nearest is "A".',
    );
    expect(await failure('new.csv', 'a,c\n6,red\n0,green\n', { encoding })).toBe(
      'DATA_LABEL_RANGE new.csv, line 3, column "c": "green" is no category that the network learnt; correct it, or ' +
        'leave the row out.',
    );
    expect(await failure('new.csv', 'a,c,y\n6,red,w\n', { encoding })).toBe(
      'DATA_LABEL_RANGE new.csv, line 2, column "y": "w" is no class that the network learnt; correct it, or leave ' +
        'the column out.',
    );
    expect(await failure('new.csv', 'a,c\n,red\n', { encoding })).toContain(
      'line 2, column "a": "" is empty',
    );
  });
});

describe('readRows of arrays', () => {
  it('recognises IDX by its content, plain or gzip', async () => {
    const file = encodeIdx([2, 1, 2], [1, 2, 3, 255]);
    for (const content of [file, gzipSync(file)]) {
      const rows = await read('t10k-images-idx3-ubyte', content, { encoding: BYTES });
      expect(rows.features).toMatchObject({ kind: 'u8', scale: 'unit', width: 2 });
      expect(rowsOf(rows.features)).toEqual([
        [1, 2],
        [3, 255],
      ]);
      expect(rows.description).toBe('IDX: 2 samples of 2 bytes (t10k-images-idx3-ubyte)');
    }
  });

  it('reads NPY as bytes or as numbers, standardized as the training part was', async () => {
    const bytes = encodeNpy('|u1', [1, 2], Uint8Array.of(7, 9));
    expect(rowsOf((await read('a.npy', bytes, { encoding: BYTES })).features)).toEqual([[7, 9]]);
    const numbers = encodeNpy('<f8', [1, 2], Float64Array.of(7, 9));
    expect(rowsOf((await read('a.npy', numbers, { encoding: NUMBERS })).features)).toEqual([[3, 9]]);
    const idx = encodeIdx([1, 2], [7, 9]);
    expect(rowsOf((await read('a.idx', idx, { encoding: NUMBERS })).features)).toEqual([[3, 9]]);
  });

  it('refuses another width, floats for bytes, and a format that the network cannot take', async () => {
    expect(
      await failure('a.npy', encodeNpy('|u1', [1, 3], Uint8Array.of(1, 2, 3)), { encoding: BYTES }),
    ).toBe(
      'DATA_MISMATCH Samples of a.npy have 3 values, but the network takes 2; give samples of that size.',
    );
    const floats = encodeNpy('<f4', [1, 2], Float32Array.of(1, 2));
    expect(await failure('a.npy', floats, { encoding: BYTES })).toBe(
      'DATA_FORMAT a.npy holds f4, but the network takes unsigned bytes; save a.astype("uint8").',
    );
    expect(await failure('a.npy', floats, { encoding: TABLE })).toBe(
      'DATA_FORMAT a.npy holds numbers without names, but the network takes columns; give CSV, JSON or Parquet with ' +
        '"c", "a".',
    );
    expect(await failure('a.csv', 'a,b\n1,2\n', { encoding: BYTES })).toBe(
      'DATA_FORMAT a.csv is a table, but the network takes samples of 2 values; give NPY or IDX.',
    );
    expect(await failure('a.bin', 'hello', { encoding: BYTES })).toBe(
      'DATA_FORMAT The format of a.bin cannot be told from its name; say which it is: csv, json, parquet, npy or idx.',
    );
  });
});
