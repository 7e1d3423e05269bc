import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, features, load } from './csv.test.support.ts';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { parquetFile } from './parquet.test.support.ts';
import type { LoadOptions, TableOptions } from './spec.ts';
import { loadTableFiles } from './table-files.ts';

const OPTIONS: TableOptions = {
  testFraction: 0.2,
  target: ['y'],
  task: 'classes',
  standardize: false,
  standardizeTargets: false,
  ignore: [],
  categories: [],
  missing: 'refuse',
};
const ROWS = Array.from({ length: 20 }, (_, row) => ({ a: row, c: row % 3 === 0 ? 'p' : 'q', y: row % 2 }));

function place(files: Record<string, string | Uint8Array>) {
  const directory = writeTestFiles(files);
  return { directory, at: (name: string) => join(directory, name) };
}

describe('loadTable', () => {
  it('gives the same bits for the same table in CSV, JSON and JSON lines', async () => {
    const { at } = place({
      't.csv': `a,c,y\n${ROWS.map(({ a, c, y }) => `${a},${c},${y}\n`).join('')}`,
      't.json': JSON.stringify(ROWS),
      't.jsonl': ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''),
    });
    const options = { ...OPTIONS, standardize: true };
    const seed = { seed: 5 };
    const csv = await loadTableFiles({ ...options, kind: 'csv', delimiter: ',', train: at('t.csv') }, seed);
    for (const name of ['t.json', 't.jsonl']) {
      const json = await loadTableFiles({ ...options, kind: 'json', train: at(name) }, seed);
      expect(json.train.digest).toBe(csv.train.digest);
      expect(json.test.digest).toBe(csv.test.digest);
      expect(json.encoding).toEqual(csv.encoding);
    }
  });

  it('reads Parquet, and says what it read', async () => {
    const { at } = place({ 't.parquet': parquetFile('gzip') });
    const { train, description } = await loadTableFiles(
      { ...OPTIONS, kind: 'parquet', train: at('t.parquet') },
      { seed: 1 },
    );
    expect(features(train).every(([a = 0], i) => a % 2 === new Uint32Array(train.targets.rows)[i])).toBe(
      true,
    );
    expect(description).toBe(
      'Parquet: 80 training and 20 test samples of 1 number, 2 classes (t.parquet, test fraction 0.2 drawn with seed ' +
        '1; 1 numeric and 0 text columns)',
    );
  });

  it('refuses a null by row and column in formats without lines', async () => {
    const { directory, at } = place({ 't.json': '[{"a": 1, "y": "u"}, {"a": null, "y": "v"}]' });
    const work = loadTableFiles({ ...OPTIONS, kind: 'json', train: at('t.json') }, { seed: 1 });
    expect(await failureOf(work, directory)).toBe(
      'DATA_NOT_A_NUMBER t.json, row 2, column "a": null is empty; fill it in, set "missing" to "drop", or ignore the column.',
    );
  });

  it('names the nearest column when one is missing', async () => {
    const { directory, at } = place({ 't.parquet': parquetFile('gzip'), 't.json': JSON.stringify(ROWS) });
    for (const [kind, file] of [
      ['parquet', 't.parquet'],
      ['json', 't.json'],
    ] as const) {
      const work = loadTableFiles({ ...OPTIONS, kind, train: at(file), target: ['Y'] }, { seed: 1 });
      expect(await failureOf(work, directory)).toBe(
        `DATA_MISMATCH ${file} has no column "Y"; correct the name, the nearest is "y".`,
      );
    }
  });

  it('drops rows that miss something in a used column, on request, and counts them', async () => {
    const train = 'id,a,y\n,1,u\n7,,v\n8,3,\n9,4,v\n';
    const options = { missing: 'drop', ignore: ['id'], standardize: false } as const;
    const split = await load({ train, test: 'a,y\n5,u\n,u\n' }, options);
    expect(features(split.train)).toEqual([[1], [4]]);
    expect(features(split.test)).toEqual([[5]]);
    expect(split.description).toContain('; 3 rows with missing values dropped)');
    expect(await failure({ train: 'a,y\n,u\n1,\n', test: 'a,y\n1,u\n' }, { missing: 'drop' })).toBe(
      'DATA_EMPTY Every row of train.csv lacks a value in some column that is used; ignore the columns with holes.',
    );
  });

  it('still refuses text among numbers where missing cells are dropped', async () => {
    const train = 'a,y\n,u\nwide,v\n3,u\n';
    expect(await failure({ train, test: 'a,y\n1,u\n' }, { missing: 'drop' })).toContain(
      'train.csv, line 3, column "a": "wide" is text where a number belongs',
    );
  });

  it('takes a column of weights that is no feature and that the test file need not have', async () => {
    const options = { weight: 'w', standardize: false };
    const one = await load({ train: 'a,w,y\n1,0.5,u\n2,0,v\n', test: 'a,y\n3,u\n' }, options);
    expect(features(one.train)).toEqual([[1], [2]]);
    expect([...new Float32Array(one.train.weights!)]).toEqual([0.5, 0]);
    expect(one.test.weights).toBeUndefined();
    const other = await load({ train: 'a,w,y\n1,0.5,u\n2,1,v\n', test: 'a,w,y\n3,9,u\n' }, options);
    expect(other.train.digest).not.toBe(one.train.digest);
    expect(other.test.digest).toBe(one.test.digest);
    const plain = await load({ train: 'a,y\n1,u\n2,v\n', test: 'a,y\n3,u\n' }, { standardize: false });
    expect(plain.train.digest).not.toBe(one.train.digest);
  });

  it('refuses weights that are negative, all zero, text, or used twice', async () => {
    const tables = (weights: string[]) => ({
      train: `a,w,y\n${weights.map((weight) => `1,${weight},u\n`).join('')}`,
      test: 'a,y\n3,u\n',
    });
    const weight = { weight: 'w' };
    expect(await failure(tables(['1', '-0.5']), weight)).toBe(
      'DATA_WEIGHT train.csv, line 3, column "w": the weight -0.5 is not a number of 0 or more; correct it.',
    );
    expect(await failure(tables(['0', '0']), weight)).toBe(
      'DATA_WEIGHT Every weight in the training part of train.csv is 0, so nothing would be learnt; give some samples ' +
        'a weight.',
    );
    expect(await failure(tables(['1', 'x']), weight)).toContain(
      'line 3, column "w": "x" is text where a number',
    );
    expect(await failure(tables(['1']), { weight: 'weight' })).toContain('the nearest is "w"');
    expect(await failure(tables(['1']), { weight: 'w', ignore: ['w'] })).toMatch(
      /^CONFIG_INVALID The column "w" is the weight and also listed/,
    );
  });

  it('standardizes target values by the training part, on request, and keeps how', async () => {
    const { train, test, encoding } = await load(
      { train: 'a,y\n1,10\n2,30\n', test: 'a,y\n3,40\n' },
      { task: 'values', standardizeTargets: true },
    );
    expect([...new Float32Array(train.targets.rows)]).toEqual([-1, 1]);
    expect([...new Float32Array(test.targets.rows)]).toEqual([2]);
    expect(encoding.target).toEqual({ kind: 'values', names: ['y'], means: [20], deviations: [10] });
  });

  it('keeps what it fitted as plain JSON', async () => {
    const { encoding } = await load({ train: 'c,a,y\nred,1,u\nblue,3,v\n', test: 'c,a,y\nred,1,u\n' });
    expect(encoding).toEqual({
      input: {
        kind: 'columns',
        columns: [
          { kind: 'category', name: 'c', categories: ['blue', 'red'] },
          { kind: 'number', name: 'a', mean: 2, deviation: 1 },
        ],
      },
      target: { kind: 'classes', names: ['u', 'v'], column: 'y' },
    });
    expect(JSON.parse(JSON.stringify(encoding))).toEqual(encoding);
  });

  it('refuses a table whose encoding does not fit in memory, with its size', async () => {
    const train = `c,y\n${Array.from({ length: 100 }, (_, row) => `n${row},u\n`).join('')}`;
    const { directory, at } = place({ 't.csv': train, 's.csv': train });
    const spec = { ...OPTIONS, kind: 'csv', delimiter: ',', train: at('t.csv'), test: at('s.csv') } as const;
    const options: LoadOptions = { seed: 1, memoryBytes: 80_000 };
    expect(await failureOf(loadTableFiles(spec, options), directory)).toBe(
      'DATA_TOO_LARGE t.csv does not fit in memory: 200 rows of 100 encoded inputs take 78.9 KiB, and there are 78.1 ' +
        'KiB; use fewer rows or columns, or a larger machine.',
    );
    const { train: part } = await loadTableFiles(spec, { seed: 1, memoryBytes: 81_000 });
    expect(part.samples).toBe(100);
  });
});

describe('a validation part', () => {
  const train = `a,y\n${ROWS.map(({ a, y }) => `${a},${y}\n`).join('')}`;
  const drawn = (part: Parameters<typeof features>[0]) => features(part).map(([value = -1]) => value);

  it('is drawn from the training rows, which keep their order; the test part stays what it was', async () => {
    const without = await load({ train, seed: 7 }, { standardize: false });
    const {
      train: rest,
      validation,
      test,
      description,
    } = await load({ train, seed: 7, validationFraction: 0.25 }, { standardize: false });
    expect(test.digest).toBe(without.test.digest);
    expect([rest.samples, validation?.samples]).toEqual([12, 4]);
    const taken = new Set(drawn(validation!));
    expect(drawn(rest)).toEqual(drawn(without.train).filter((value) => !taken.has(value)));
    expect(description).toContain('12 training, 4 validation and 4 test samples');
  });

  it('has no influence on what is fitted', async () => {
    const two = (last: number) =>
      `a,y\n${[1, 2, 3, 4, 5, 6, 7, 8].map((a) => `${a === 8 ? last : a},u\n`).join('')}`;
    const tables = { test: 'a,y\n1,u\n', validationFraction: 0.2 };
    const seeds = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map(async (seed) => ({
        seed,
        split: await load({ ...tables, train: two(8), seed }, { standardize: false }),
      })),
    );
    const found = seeds.find(({ split }) => drawn(split.validation!).includes(8));
    const { seed } = found!;
    const near = await load({ ...tables, train: two(8), seed });
    const far = await load({ ...tables, train: two(800), seed });
    expect(far.encoding).toEqual(near.encoding);
    expect(far.train.digest).toBe(near.train.digest);
    expect(far.validation?.digest).not.toBe(near.validation?.digest);
  });

  it('leaves at least one row to each part', async () => {
    const few = { train: 'a,y\n1,u\n2,u\n', test: 'a,y\n1,u\n' };
    for (const validationFraction of [0.01, 0.99]) {
      const { train: rest, validation } = await load({ ...few, validationFraction });
      expect([rest.samples, validation?.samples]).toEqual([1, 1]);
    }
    expect(await failure({ train: 'a,y\n1,u\n', test: 'a,y\n1,u\n', validationFraction: 0.5 })).toMatch(
      /^DATA_EMPTY The training part of train\.csv has one row/,
    );
  });
});
