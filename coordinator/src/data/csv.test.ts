import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import type { Options } from './csv.test.support.ts';
import { classes, failure, features, load } from './csv.test.support.ts';

describe('a CSV table with two files', () => {
  it('standardizes numbers by the training part and applies the same to the test part', async () => {
    const { train, test } = await load({ train: 'a,y\n2,u\n4,v\n9,u\n', test: 'a,y\n5,v\n8,u\n' });
    // Mean 5, population variance (9 + 1 + 16) / 3.
    const deviation = Math.sqrt(26 / 3);
    expect(features(train)).toEqual([[-3], [-1], [4]].map(([x = 0]) => [Math.fround(x / deviation)]));
    expect(features(test)).toEqual([[0], [Math.fround(3 / deviation)]]);
    expect(train.features.rows).toBeInstanceOf(SharedArrayBuffer);
    expect(train.targets.rows).toBeInstanceOf(SharedArrayBuffer);
  });

  it('moves a constant column to zero without scaling it', async () => {
    // The sum of six times 0.1 is 0.6 minus one rounding, so a naive deviation is not zero.
    const train = `a,y\n${'0.1,u\n'.repeat(6)}`;
    const { train: part, test } = await load({ train, test: 'a,y\n1.1,u\n' });
    expect(features(part)).toEqual(Array.from({ length: 6 }, () => [0]));
    expect(features(test)).toEqual([[1]]);
  });

  it('leaves numbers as they are when standardize is off', async () => {
    const { train } = await load(
      { train: 'a,y\n2.5,u\n-1e3,v\n+.5,u\n', test: 'a,y\n1,u\n' },
      { standardize: false },
    );
    expect(features(train)).toEqual([[2.5], [-1000], [0.5]]);
  });

  it('one-hot encodes text columns over the sorted categories of the training part', async () => {
    const tables = { train: 'c,a,y\nred,1,u\nblue,2,v\nred,3,u\n', test: 'a,y,c\n4,v,blue\n' };
    const { train, test, description } = await load(tables, { standardize: false });
    expect(features(train)).toEqual([
      [0, 1, 1],
      [1, 0, 2],
      [0, 1, 3],
    ]);
    expect(features(test)).toEqual([[1, 0, 4]]);
    expect(description).toBe(
      'CSV: 3 training and 1 test samples of 3 numbers, 2 classes (train.csv and test.csv; 1 numeric and 1 text columns)',
    );
  });

  it('one-hot encodes listed columns of numbers in order of value', async () => {
    const tables = { train: 'c,y\n10,u\n9,v\n9,u\n', test: 'c,y\n10,u\n' };
    const { train, test } = await load(tables, { categories: ['c'] });
    expect(features(train)).toEqual([
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
    expect(features(test)).toEqual([[0, 1]]);
  });

  it('numbers class names in sorted order, and numeric names in order of value', async () => {
    const words = await load({ train: 'a,y\n1,b\n2,C\n3,a\n', test: 'a,y\n1,a\n' });
    expect(words.train.targets).toMatchObject({ kind: 'classes', classes: 3, names: ['C', 'a', 'b'] });
    expect(classes(words.train)).toEqual([2, 0, 1]);
    expect(classes(words.test)).toEqual([1]);
    const numbers = await load({ train: 'a,y\n1,10\n2,2\n3,10\n', test: 'a,y\n1,2\n' });
    expect(numbers.train.targets).toMatchObject({ names: ['2', '10'] });
    expect(classes(numbers.train)).toEqual([1, 0, 1]);
  });

  it('keeps several value targets in the order of the option, not standardized', async () => {
    const tables = { train: 'p,a,q\n1,5,10\n2,6,20\n', test: 'p,a,q\n3,7,30\n' };
    const { train, test } = await load(tables, { task: 'values', target: ['q', 'p'] });
    expect(train.targets).toMatchObject({ kind: 'values', width: 2 });
    expect([...new Float32Array(train.targets.rows)]).toEqual([10, 1, 20, 2]);
    expect([...new Float32Array(test.targets.rows)]).toEqual([30, 3]);
    expect(features(train)).toEqual([[-1], [1]]);
  });

  it('does not look at ignored columns, which only one of the files may have', async () => {
    const tables = { train: 'id,a,y\n,1,u\nNaN,2,v\n', test: 'a,y,note\n1,u,x\n' };
    const { train } = await load(tables, { ignore: ['id', 'note'], standardize: false });
    expect(features(train)).toEqual([[1], [2]]);
  });

  it('gives the test part no influence on the training part', async () => {
    const train = 'a,c,y\n1,r,u\n2,s,v\n';
    const one = await load({ train, test: 'a,c,y\n3,r,u\n' });
    const other = await load({ train, test: 'a,c,y\n900,s,v\n-5,r,u\n' });
    expect(other.train.digest).toBe(one.train.digest);
    expect(other.test.digest).not.toBe(one.test.digest);
  });
});

describe('a CSV table with one file', () => {
  const train = `a,y\n${Array.from({ length: 20 }, (_, row) => `${row},${row % 2 === 0 ? 'even' : 'odd'}\n`).join('')}`;
  const options: Options = { standardize: false };
  const drawn = (part: DataSplit['train']) => features(part).map(([value = -1]) => value);

  it('draws the test part by the seed, and every row is in exactly one part', async () => {
    const split = await load({ train, seed: 7 }, options);
    expect(split.train.samples).toBe(16);
    expect(split.test.samples).toBe(4);
    const all = [...drawn(split.train), ...drawn(split.test)];
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, row) => row));
    expect(drawn(split.train).map((row) => row % 2)).toEqual(classes(split.train));
    expect(split.description).toBe(
      'CSV: 16 training and 4 test samples of 1 number, 2 classes (train.csv, test fraction 0.2 drawn with seed 7; ' +
        '1 numeric and 0 text columns)',
    );
  });

  it('gives the same parts for the same seed and others for another', async () => {
    const first = await load({ train, seed: 7 }, options);
    const again = await load({ train, seed: 7 }, options);
    const other = await load({ train, seed: 8 }, options);
    expect(again.train.digest).toBe(first.train.digest);
    expect(again.test.digest).toBe(first.test.digest);
    expect(other.train.digest).not.toBe(first.train.digest);
  });

  it('draws the same rows whatever they hold', async () => {
    const doubled = train.replace(/^\d+/gm, (digits) => `${2 * Number(digits)}`);
    const first = await load({ train }, options);
    const second = await load({ train: doubled }, options);
    expect(drawn(second.train)).toEqual(drawn(first.train).map((value) => 2 * value));
  });

  it('names the first text among numbers in file order, whichever part its row is drawn into', async () => {
    const stray = train.replace('\n4,', '\nlow,').replace('\n12,', '\nhigh,');
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(await failure({ train: stray, seed })).toContain('train.csv, line 6, column "a": "low" is text');
    }
  });

  it('refuses a category that was drawn into the test part alone', async () => {
    const unique = `c,y\n${'abcdefghij'.replace(/./g, 'name-$&,u\n')}`;
    expect(await failure({ train: unique })).toMatch(
      /^DATA_LABEL_RANGE train\.csv, line \d+, column "c": "name-." does not occur in the training part/,
    );
  });

  it('leaves at least one row to each part', async () => {
    const few = 'a,y\n1,u\n2,u\n3,u\n';
    const small = await load({ train: few }, { testFraction: 0.001 });
    expect([small.train.samples, small.test.samples]).toEqual([2, 1]);
    const large = await load({ train: few }, { testFraction: 0.999 });
    expect([large.train.samples, large.test.samples]).toEqual([1, 2]);
    expect(await failure({ train: 'a,y\n1,u\n' })).toMatch(
      /^DATA_EMPTY train\.csv has one row, which cannot be split/,
    );
  });
});
