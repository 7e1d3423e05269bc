/** `hivegrad predict` as a process: what it answers on files of every kind, and what it refuses. */

import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';

const ROWS = 90;
const KINDS = ['ant', 'bee', 'cat'];
/** Three kinds that their sizes tell apart, and a price that follows from them. */
const rows = Array.from({ length: ROWS }, (_, i) => ({
  id: `row ${i}`,
  size: (i % 3) * 10 + ((i * 7) % 5) / 2,
  colour: ['red', 'blue'][(i * 5) % 2]!,
  kind: KINDS[i % 3]!,
  price: 3 * (i % 3) + 1,
}));
type Row = (typeof rows)[number];

let place: Workplace;
const csvOf = (columns: readonly (keyof Row)[], chosen: readonly Row[]) =>
  `${columns.join(',')}\n${chosen.map((row) => columns.map((column) => row[column]).join(',')).join('\n')}\n`;

beforeAll(async () => {
  place = createWorkplace();
  place.write('all.csv', csvOf(['id', 'size', 'colour', 'kind', 'price'], rows));
  const dense = (units: number, activation = 'identity') => ({ type: 'dense', units, activation });
  const table = { kind: 'csv', train: 'all.csv', ignore: ['id'] };
  const common = { optimizer: { type: 'adam', learningRate: 0.05 }, epochs: 30, batchSize: 16 };
  const classes = {
    ...common,
    data: { ...table, ignore: ['id', 'price'], target: 'kind', task: 'classes' },
    model: { layers: [dense(8, 'tanh'), dense(3)] },
  };
  const values = {
    ...common,
    data: { ...table, ignore: ['id', 'kind'], target: 'price', task: 'values' },
    model: { layers: [dense(8, 'tanh'), dense(1)] },
  };
  place.write('classes.json', JSON.stringify(classes));
  place.write('values.json', JSON.stringify(values));
  await succeed(['train', place.path('classes.json'), '--out', place.path('classes'), '--threads', '1']);
  await succeed(['train', place.path('values.json'), '--out', place.path('values'), '--threads', '1']);
});
afterAll(() => {
  killAll();
  place.remove();
});

describe.concurrent('hivegrad predict', () => {
  it('answers rows of a CSV file in their order, whatever else the file holds', async () => {
    place.write('new.csv', csvOf(['colour', 'id', 'size'], rows));
    const [header, ...answers] = (await succeed(['predict', place.path('classes'), place.path('new.csv')]))
      .trimEnd()
      .split('\n');
    expect(header).toBe('prediction,p_ant,p_bee,p_cat');
    expect(answers.map((line) => line.split(',')[0])).toEqual(rows.map(({ kind }) => kind));
    for (const line of answers) {
      const [, ...chances] = line.split(',');
      expect(chances.reduce((sum, chance) => sum + Number(chance), 0)).toBeCloseTo(1, 5);
    }
  });

  it('answers the same for JSON rows, any number of threads and a checkpoint, into a file or not', async () => {
    place.write('same.csv', csvOf(['size', 'colour'], rows));
    place.write('same.jsonl', rows.map(({ size, colour }) => JSON.stringify({ size, colour })).join('\n'));
    const plain = await succeed(['predict', place.path('classes'), place.path('same.csv'), '--threads', '1']);
    const fromJson = await succeed([
      'predict',
      place.path('classes'),
      place.path('same.jsonl'),
      '--threads',
      '3',
    ]);
    expect(fromJson).toBe(plain);
    const out = place.path('answers.csv');
    const { stdout, stderr } = await hivegrad([
      'predict',
      place.path('classes'),
      place.path('same.csv'),
      '--out',
      out,
    ]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^CSV: 90 samples of 3 numbers \(same\.csv\)\n90 rows answered by .* into .*answers\.csv\n$/,
    );
    expect(readFileSync(out, 'utf8')).toBe(plain);
  });

  it('answers values in the unit of the data, as JSON lines', async () => {
    place.write('some.csv', csvOf(['size', 'colour'], rows.slice(0, 3)));
    const text = await succeed(['predict', place.path('values'), place.path('some.csv'), '--to', 'jsonl']);
    const prices = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { price: number }).price);
    for (const [i, price] of prices.entries()) expect(Math.abs(price - rows[i]!.price)).toBeLessThan(0.5);
    expect(prices).toHaveLength(3);
  });

  it.each([
    ['a file that is not there', ['absent.csv'], /DATA_MISSING: There is no file .*absent\.csv/],
    ['a missing column', ['narrow.csv'], /DATA_MISMATCH: .*narrow\.csv has no column "size"/],
    [
      'an unknown category',
      ['green.csv'],
      /DATA_LABEL_RANGE: .*green\.csv, line 2, column "colour": .*"green"/,
    ],
    ['text for a number', ['text.csv'], /DATA_NOT_A_NUMBER: .*text\.csv, line 2, column "size"/],
    ['a format that nobody knows', ['rows.xlsx'], /DATA_FORMAT: .*rows\.xlsx/],
    ['a format that does not fit', ['narrow.csv', '--from', 'npy'], /DATA_FORMAT: .*narrow\.csv/],
    [
      'an unknown output',
      ['green.csv', '--to', 'xml'],
      /argument 'xml' is invalid\. Allowed choices are csv, jsonl\./,
    ],
    [
      'a directory in the place of the output',
      ['fine.csv', '--out', '.'],
      /RUN_NOT_WRITABLE: Cannot use \.: it is a directory where a file is needed/,
    ],
  ])('refuses %s', async (_, [file, ...flags], said) => {
    place.write('narrow.csv', 'colour,weight\nred,3\n');
    place.write('green.csv', 'colour,size\ngreen,3\n');
    place.write('text.csv', 'colour,size\nred,large\n');
    place.write('fine.csv', 'colour,size\nred,3\n');
    writeFileSync(place.path('rows.xlsx'), 'PK');
    const { code, stdout, stderr } = await hivegrad([
      'predict',
      place.path('classes'),
      place.path(file!),
      ...flags,
    ]);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/This is a bug/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('refuses what is no run', async () => {
    const { code, stderr } = await hivegrad(['predict', place.path('nowhere'), place.path('all.csv')]);
    expect(stderr).toMatch(/RUN_NOT_A_RUN: There is no run or checkpoint at .*nowhere/);
    expect(code).toBe(2);
  });
});
