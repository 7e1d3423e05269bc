import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, rowsOf, writeTestFiles } from './fixtures.test.support.ts';
import { loadAutoMpg, loadPenguins } from './vega.ts';

const FIFTH = { testFraction: 0.2 };

describe('loadAutoMpg', () => {
  it('takes the 392 complete cars and standardizes miles per gallon', async () => {
    const { train, test, encoding, description } = await loadAutoMpg(FIFTH, { seed: 1 });
    expect(description).toBe(
      'Auto MPG: 314 training and 78 test samples of 9 numbers, 1 target value (cars.json of npm vega-datasets, test ' +
        'fraction 0.2 drawn with seed 1; 6 numeric and 1 text columns; 14 rows with missing values dropped)',
    );
    const { input, target } = encoding;
    if (input.kind !== 'columns' || target.kind !== 'values') throw new Error('cars are columns and values');
    expect(input.columns.map(({ name }) => name)).toEqual([
      'Cylinders',
      'Displacement',
      'Horsepower',
      'Weight_in_lbs',
      'Acceleration',
      'Year',
      'Origin',
    ]);
    expect(input.columns[6]).toMatchObject({ categories: ['Europe', 'Japan', 'USA'] });
    expect(target.names).toEqual(['Miles_per_Gallon']);
    expect(target.means?.[0]).toBeCloseTo(23.5, 0);
    const years = [train, test].flatMap(({ features }) => rowsOf(features).map((row) => row[5] ?? 0));
    const year = input.columns[5];
    if (year?.kind !== 'number') throw new Error('years are numbers');
    const calendar = new Set(years.map((value) => Math.round(value * year.deviation + year.mean)));
    expect([Math.min(...calendar), Math.max(...calendar), calendar.size]).toEqual([1970, 1982, 12]);
  });
});

describe('loadPenguins', () => {
  it('takes the 342 penguins that were measured; a sex that was not noted is a category', async () => {
    const { train, test, encoding, description } = await loadPenguins(FIFTH, { seed: 1 });
    expect(description).toBe(
      'Penguins: 274 training and 68 test samples of 10 numbers, 3 classes (penguins.json of npm vega-datasets, test ' +
        'fraction 0.2 drawn with seed 1; 4 numeric and 2 text columns; 2 rows with missing values dropped)',
    );
    expect(encoding.target).toEqual({
      kind: 'classes',
      names: ['Adelie', 'Chinstrap', 'Gentoo'],
      column: 'Species',
    });
    const rows = [train, test].flatMap(({ features }) => rowsOf(features));
    expect(rows.filter((row) => row[9] === 1).length).toBe(9);
    expect(rows.every((row) => row[7]! + row[8]! + row[9]! === 1)).toBe(true);
  });

  it('says how to install the package where it is not found, or lacks the file', async () => {
    const directory = writeTestFiles({
      'a/package.json': '{}',
      'b/node_modules/vega-datasets/package.json': '{}',
    });
    const from = (folder: string) => [join(directory, folder, 'package.json')];
    expect(await failureOf(loadPenguins(FIFTH, { seed: 1 }, from('a')), directory)).toBe(
      'DATA_MISSING The npm package vega-datasets, which holds this data set, is not installed; run `npm install ' +
        'vega-datasets`.',
    );
    expect(await failureOf(loadPenguins(FIFTH, { seed: 1 }, from('b')), directory)).toContain(
      'has no file data/penguins.json; run',
    );
  });
});
