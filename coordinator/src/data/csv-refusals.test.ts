import { describe, expect, it } from 'vitest';
import { failure } from './csv.test.support.ts';

describe('a CSV table names what is wrong with a cell', () => {
  it('refuses a stray text in a column of numbers, in either file', async () => {
    const message =
      'line 3, column "a": "12,5" is text where a number belongs; correct it, or list the column in "categories" ' +
      'if its values are names.';
    expect(await failure({ train: 'a,y\n1,u\n"12,5",v\n', test: 'a,y\n1,u\n' })).toBe(
      `DATA_NOT_A_NUMBER train.csv, ${message}`,
    );
    expect(await failure({ train: 'a,y\n1,u\n2,v\n', test: 'a,y\n1,u\n"12,5",v\n' })).toBe(
      `DATA_NOT_A_NUMBER test.csv, ${message}`,
    );
  });

  it('refuses a stray text before the first number', async () => {
    expect(await failure({ train: 'a,y\n?,u\n2,v\n', test: 'a,y\n1,u\n' })).toContain(
      'train.csv, line 2, column "a": "?" is text where a number belongs',
    );
  });

  it.each(['0x10', '1_000', '1 000', '1e', '.', '--1', '1f'])('takes %s for text', async (cell) => {
    expect(await failure({ train: `a,y\n${cell},u\n2,v\n`, test: 'a,y\n1,u\n' })).toContain(
      'is text where a number',
    );
  });

  it('refuses empty cells in numbers, texts and targets', async () => {
    const test = 'a,c,y\n1,r,u\n';
    const empty = (line: number, column: string) =>
      `DATA_NOT_A_NUMBER train.csv, line ${line}, column "${column}": "" is empty; fill it in, set "missing" to ` +
      '"drop", or ignore the column.';
    expect(await failure({ train: 'a,c,y\n1,r,u\n,r,u\n', test })).toBe(empty(3, 'a'));
    expect(await failure({ train: 'a,c,y\n1,,u\n1,r,u\n', test })).toBe(empty(2, 'c'));
    expect(await failure({ train: 'a,c,y\n1,r,u\n1,r,\n', test })).toBe(empty(3, 'y'));
    expect(await failure({ train: 'a,c,y\n1,r,u\n', test: 'a,c,y\n1, ,u\n' })).toContain(
      'test.csv, line 2, column "c"',
    );
  });

  it.each(['NaN', 'nan', 'Infinity', '-inf'])('refuses %s', async (cell) => {
    expect(await failure({ train: `a,y\n1,u\n${cell},v\n`, test: 'a,y\n1,u\n' })).toBe(
      `DATA_NOT_A_NUMBER train.csv, line 3, column "a": "${cell}" is not a finite number; replace it, drop the row, ` +
        'or ignore the column.',
    );
  });

  it('refuses numbers that a float32 cannot hold, before and after standardizing', async () => {
    for (const cell of ['1e39', '-1e999']) {
      expect(await failure({ train: `a,y\n1,u\n${cell},v\n`, test: 'a,y\n1,u\n' })).toContain(
        `line 3, column "a": "${cell}" is too large for a float32`,
      );
    }
    expect(await failure({ train: 'a,y\n0,u\n1e-30,v\n', test: 'a,y\n1e30,u\n' })).toContain(
      'test.csv, line 2, column "a": "1e30" is too far from the training part to be standardized',
    );
  });

  it('refuses a category or a class that only the test part has', async () => {
    const train = 'c,y\nred,u\nblue,v\n';
    const unknown = 'does not occur in the training part; correct it, or move a row that has it there.';
    expect(await failure({ train, test: 'c,y\nred,u\ngreen,v\n' })).toBe(
      `DATA_LABEL_RANGE test.csv, line 3, column "c": "green" ${unknown}`,
    );
    expect(await failure({ train, test: 'c,y\nred,w\n' })).toBe(
      `DATA_LABEL_RANGE test.csv, line 2, column "y": "w" ${unknown}`,
    );
  });

  it('refuses text in a value target and cuts a long cell', async () => {
    const train = `a,y\n1,${'x'.repeat(50)}\n`;
    expect(await failure({ train, test: 'a,y\n1,2\n' }, { task: 'values' })).toContain(
      `line 2, column "y": "${'x'.repeat(40)}..." is text where a number belongs`,
    );
  });
});

describe('a CSV table checks the columns', () => {
  const tables = { train: 'width,species\n1,u\n2,v\n', test: 'width,species\n1,u\n' };

  it('names the nearest column when a named one is missing', async () => {
    const nearest = 'DATA_MISMATCH train.csv has no column';
    expect(await failure(tables, { target: ['speces'] })).toBe(
      `${nearest} "speces"; correct the name, the nearest is "species".`,
    );
    const target = ['species'];
    expect(await failure(tables, { target, ignore: ['widht'] })).toContain(
      `${nearest} "widht"; correct the name, the`,
    );
    expect(await failure(tables, { target, categories: ['Width'] })).toContain('the nearest is "width"');
  });

  it('refuses a test file that lacks a column or has one more', async () => {
    const target = ['species'];
    expect(await failure({ ...tables, test: 'species,length\nu,1\n' }, { target })).toContain(
      'DATA_MISMATCH test.csv has no column "width"',
    );
    expect(await failure({ ...tables, test: 'width,species,length\n1,u,1\n' }, { target })).toBe(
      'DATA_MISMATCH test.csv has a column "length" that train.csv lacks; remove it, or list it in "ignore".',
    );
  });

  it('refuses a table without a feature', async () => {
    expect(await failure(tables, { target: ['species'], ignore: ['width'] })).toMatch(
      /^DATA_EMPTY train\.csv has no col/,
    );
  });

  it('refuses options that contradict each other', async () => {
    expect(await failure(tables, { target: [] })).toBe(
      'CONFIG_INVALID "target" names 0; the task "classes" needs exactly one column.',
    );
    expect(await failure(tables, { target: ['width', 'species'] })).toContain(
      'names 2; the task "classes" needs',
    );
    expect(await failure(tables, { target: ['width', 'width'], task: 'values' })).toContain('"width" twice');
    expect(await failure(tables, { target: ['species'], ignore: ['species'] })).toContain(
      'also listed in "ignore"',
    );
    expect(await failure(tables, { target: ['species'], categories: ['species'] })).toContain(
      '"categories"; remove',
    );
  });
});
