/**
 * Loader of tables: a CSV file (and perhaps a second one for the test part) becomes two data sets of
 * float32 features with class or value targets. The split, the encoding and so every byte are a
 * function of the files, the options and the seed.
 */

import { basename } from 'node:path';
import type { DataSplit, Dataset } from '@hivegrad/shared/data/dataset';
import { permutation } from '@hivegrad/shared/data/sampler';
import { UserError } from '@hivegrad/shared/errors';
import { purposes } from '@hivegrad/shared/random/philox';
import { nearestFirst } from '../config/nearest.ts';
import {
  type ColumnEncoding,
  type CsvPart,
  columnKind,
  columnOf,
  encodeClasses,
  encodeFeatures,
  encodeValues,
  fitCategories,
  fitNumber,
} from './csv-encoding.ts';
import { type CsvTable, readCsvTable } from './csv-table.ts';
import { describeSplit } from './describe.ts';
import { createDataset } from './digest.ts';
import type { CsvDataSpec } from './spec.ts';

/**
 * Reads and encodes a table. Without a test file, round(testFraction * rows) rows, at least one and
 * not all, are drawn by a permutation that depends on `seed` and the number of rows alone.
 * Errors: those of the table reader; DATA_MISMATCH (columns), DATA_NOT_A_NUMBER and DATA_LABEL_RANGE
 * (cells), DATA_EMPTY, CONFIG_INVALID (options that contradict each other).
 */
export async function loadCsv(spec: Omit<CsvDataSpec, 'kind'>, seed: number): Promise<DataSplit> {
  const table = await readCsvTable(spec.train, spec.delimiter);
  const testTable = spec.test === undefined ? undefined : await readCsvTable(spec.test, spec.delimiter);
  const featureNames = assignColumns(table, testTable, spec);
  const kinds = new Map<string, ColumnEncoding['kind']>();
  for (const name of featureNames) {
    kinds.set(name, columnKind(columnOf(table, name), spec.categories.includes(name)));
  }
  const { train, test } =
    testTable === undefined
      ? splitRows(table, spec.testFraction, seed)
      : { train: { table, rows: table.rows }, test: { table: testTable, rows: testTable.rows } };
  const encodings = featureNames.map(
    (name): ColumnEncoding =>
      kinds.get(name) === 'number'
        ? fitNumber(train, name, spec.standardize)
        : { kind: 'category', name, categories: fitCategories(train, name) },
  );
  const encodeTargets = targetEncoder(train, spec);
  const encode = (part: CsvPart): Dataset =>
    createDataset(encodeFeatures(part, encodings), encodeTargets(part), part.rows.length);
  const split = { train: encode(train), test: encode(test) };
  return { ...split, description: describeSplit('CSV', split, describeOrigin(spec, encodings, seed)) };
}

function targetEncoder(train: CsvPart, spec: Pick<CsvDataSpec, 'target' | 'task'>) {
  const [target = ''] = spec.target;
  if (spec.task === 'values') return (part: CsvPart) => encodeValues(part, spec.target);
  const classes = fitCategories(train, target);
  return (part: CsvPart) => encodeClasses(part, target, classes);
}

function describeOrigin(
  spec: Pick<CsvDataSpec, 'train' | 'test' | 'testFraction'>,
  encodings: readonly ColumnEncoding[],
  seed: number,
): string {
  const numeric = encodings.filter((each) => each.kind === 'number').length;
  const text = encodings.length - numeric;
  const files =
    spec.test === undefined
      ? `${basename(spec.train)}, test fraction ${spec.testFraction} drawn with seed ${seed}`
      : `${basename(spec.train)} and ${basename(spec.test)}`;
  return `${files}; ${numeric} numeric and ${text} text columns`;
}

/** Checks every name of the options against the tables and returns the feature columns in file order. */
function assignColumns(
  table: CsvTable,
  testTable: CsvTable | undefined,
  spec: Pick<CsvDataSpec, 'target' | 'task' | 'ignore' | 'categories'>,
): string[] {
  const { target, ignore, categories } = spec;
  checkOptions(spec);
  for (const name of [...target, ...categories]) requireColumn(table, name);
  for (const name of ignore) {
    if (testTable?.columns.includes(name) !== true) requireColumn(table, name);
  }
  const used = table.columns.filter((name) => !ignore.includes(name));
  if (testTable !== undefined) requireSameColumns(table, testTable, { used, ignore });
  const features = used.filter((name) => !target.includes(name));
  if (features.length === 0) {
    const message = `${table.path} has no column left besides targets and ignored ones; leave at least one as a feature.`;
    throw new UserError('DATA_EMPTY', message);
  }
  return features;
}

function checkOptions(spec: Pick<CsvDataSpec, 'target' | 'task' | 'ignore' | 'categories'>): void {
  const { target, task, ignore, categories } = spec;
  if (target.length === 0 || (task === 'classes' && target.length > 1)) {
    const wanted = task === 'classes' ? 'exactly one column' : 'at least one column';
    throw new UserError(
      'CONFIG_INVALID',
      `"target" names ${target.length}; the task "${task}" needs ${wanted}.`,
    );
  }
  const twice = target.find((name, index) => target.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UserError(
      'CONFIG_INVALID',
      `"target" names ${JSON.stringify(twice)} twice; name each column once.`,
    );
  }
  const dropped = [...target, ...categories].find((name) => ignore.includes(name));
  if (dropped !== undefined) {
    const message = `The column ${JSON.stringify(dropped)} is used and also listed in "ignore"; remove it from one list.`;
    throw new UserError('CONFIG_INVALID', message);
  }
  const named = categories.find((name) => target.includes(name));
  if (named !== undefined) {
    const message =
      `The column ${JSON.stringify(named)} is a target and also listed in "categories"; remove it there, and use ` +
      'the task "classes" where targets are names.';
    throw new UserError('CONFIG_INVALID', message);
  }
}

function requireColumn(table: CsvTable, name: string): void {
  if (table.columns.includes(name)) return;
  const [nearest = ''] = nearestFirst(name, table.columns);
  const message =
    `${table.path} has no column ${JSON.stringify(name)}; correct the name, the nearest is ` +
    `${JSON.stringify(nearest)}.`;
  throw new UserError('DATA_MISMATCH', message);
}

/** The test table may order its columns in its own way, but must not lack or add any. */
function requireSameColumns(
  table: CsvTable,
  testTable: CsvTable,
  names: { used: readonly string[]; ignore: readonly string[] },
): void {
  for (const name of names.used) requireColumn(testTable, name);
  const extra = testTable.columns.find((name) => !names.used.includes(name) && !names.ignore.includes(name));
  if (extra === undefined) return;
  const message =
    `${testTable.path} has a column ${JSON.stringify(extra)} that ${table.path} lacks; remove it, or list it in ` +
    '"ignore".';
  throw new UserError('DATA_MISMATCH', message);
}

function splitRows(table: CsvTable, testFraction: number, seed: number): { train: CsvPart; test: CsvPart } {
  const count = table.rows.length;
  if (count < 2) {
    const message = `${table.path} has one row, which cannot be split; add rows, or name a test file.`;
    throw new UserError('DATA_EMPTY', message);
  }
  const testCount = Math.min(count - 1, Math.max(1, Math.round(testFraction * count)));
  const rows = Array.from(permutation(seed, purposes.split, 0, count), (index) => rowAt(table, index));
  return {
    train: { table, rows: rows.slice(testCount) },
    test: { table, rows: rows.slice(0, testCount) },
  };
}

function rowAt(table: CsvTable, index: number): CsvTable['rows'][number] {
  const row = table.rows[index];
  if (row === undefined) throw new Error(`the permutation names row ${index} of ${table.rows.length}`);
  return row;
}
