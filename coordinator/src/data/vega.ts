/**
 * Data sets of the npm package `vega-datasets`: Auto MPG (cars.json, of R. Quinlan 1993) and the Palmer penguins
 * (penguins.json, of Gorman, Williams & Fraser 2014). The package is found as Node finds any other; its files are
 * read and its code never runs.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { openJson } from './json-table.ts';
import { findPackage } from './package.ts';
import type { LoadOptions, NamedDataSpec, TableOptions } from './spec.ts';
import { columnOf, isMissing, type Table, type TableColumn, type TableFile, textCollector } from './table.ts';
import { loadTable } from './table-load.ts';

const PACKAGE = 'vega-datasets';

export type NamedOptions = Pick<NamedDataSpec, 'testFraction'>;

/** What the sets have in common; each says its targets. */
export const NAMED_DEFAULTS = {
  standardize: true,
  standardizeTargets: false,
  ignore: [],
  categories: [],
  missing: 'drop',
} as const satisfies Partial<TableOptions>;

/** The path of a file of the package; DATA_MISSING says how to install it. */
export function vegaFile(name: string, searchFrom?: readonly string[]): string {
  const directory = findPackage(PACKAGE, searchFrom);
  const path = directory === undefined ? undefined : join(directory, 'data', name);
  if (path !== undefined && existsSync(path)) return path;
  const what = path === undefined ? 'is not installed' : `has no file data/${name}`;
  const message = `The npm package ${PACKAGE}, which holds this data set, ${what}; run \`npm install ${PACKAGE}\`.`;
  throw new UserError('DATA_MISSING', message);
}

/** For the description: where a set came from. */
export function vegaOrigin(name: string): string {
  return `${name} of npm ${PACKAGE}`;
}

/**
 * Miles per gallon from six numbers and the origin of a car: the 392 of 406 rows that are complete. The year is a
 * number, and the target is standardized.
 */
export async function loadAutoMpg(
  { testFraction }: NamedOptions,
  load: LoadOptions,
  searchFrom?: readonly string[],
): Promise<DataSplit> {
  const file = await openJson(vegaFile('cars.json', searchFrom));
  const train = mapped(file, (table) =>
    table.columns.map((column) => (column.name === 'Year' ? years(table, column) : column)),
  );
  const options = {
    ...NAMED_DEFAULTS,
    testFraction,
    target: ['Miles_per_Gallon'],
    task: 'values',
    standardizeTargets: true,
    ignore: ['Name'],
  } as const;
  return loadTable({ format: 'Auto MPG', origin: vegaOrigin('cars.json'), train, options }, load);
}

/**
 * The species of a penguin from four measurements, its island and its sex: the 342 of 344 rows that have the
 * measurements. A sex that was not noted is a category of its own.
 */
export async function loadPenguins(
  { testFraction }: NamedOptions,
  load: LoadOptions,
  searchFrom?: readonly string[],
): Promise<DataSplit> {
  const file = await openJson(vegaFile('penguins.json', searchFrom));
  const train = mapped(file, (table) =>
    table.columns.map((column) => (column.name === 'Sex' ? sexes(table, column) : column)),
  );
  const options = { ...NAMED_DEFAULTS, testFraction, target: ['Species'], task: 'classes' } as const;
  const declared = new Map([['Sex', ['FEMALE', 'MALE', UNKNOWN]]]);
  return loadTable(
    { format: 'Penguins', origin: vegaOrigin('penguins.json'), train, options, declared },
    load,
  );
}

const UNKNOWN = 'unknown';

function mapped(file: TableFile, change: (table: Table) => readonly TableColumn[]): TableFile {
  const read = async (wanted: readonly string[]) => {
    const table = await file.read(wanted);
    return { ...table, columns: change(table) };
  };
  return { ...file, read };
}

/** "1970-01-01" as 1970. */
function years(table: Table, column: TableColumn): TableColumn {
  const values = Float64Array.from({ length: table.rows }, (_, row) =>
    Number.parseInt(textAt(table, column.name, row), 10),
  );
  return { kind: 'number', name: column.name, values };
}

/** One row says "." for a sex that was not noted, ten say nothing. */
function sexes(table: Table, column: TableColumn): TableColumn {
  const texts = textCollector(column.name);
  for (let row = 0; row < table.rows; row++) {
    const text = isMissing(column, row) ? '.' : textAt(table, column.name, row);
    texts.push(text === '.' ? UNKNOWN : text);
  }
  return texts.take();
}

function textAt(table: Table, name: string, row: number): string {
  const column = columnOf(table, name);
  if (column.kind === 'number') return String(column.values[row]);
  return column.texts[column.codes[row] ?? 0] ?? '';
}
