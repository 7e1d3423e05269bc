/**
 * Loader of tables: a file of any format (and perhaps a second one for the test part) becomes data sets with class
 * or value targets. The split, the encoding and so every byte are a function of the files, the options and the seed.
 */

import type { ColumnEncoding, DataSplit, Dataset, TargetEncoding } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { columnKind, numbersOf } from './cells.ts';
import { describeSplit, formatCount } from './describe.ts';
import { createDataset } from './digest.ts';
import { availableMemory, requireMemory } from './memory.ts';
import type { LoadOptions, TableOptions } from './spec.ts';
import { countedRows, drawTest, drawValidation } from './split.ts';
import { completeRows, placeOfRow, type Table, type TableFile, type TablePart } from './table.ts';
import { assignColumns } from './table-columns.ts';
import {
  encodeClasses,
  encodedWidth,
  encodeFeatures,
  encodeValues,
  fitCategories,
  fitNumber,
} from './table-encoding.ts';
import { sampleWeights } from './weights.ts';

export interface TableSource {
  /** For the description, "CSV". */
  readonly format: string;
  /** For the description: where the rows came from. */
  readonly origin: string;
  readonly train: TableFile;
  readonly test?: TableFile;
  readonly options: TableOptions;
  /** Categories that are known beforehand, by column; they are not fitted. */
  readonly declared?: ReadonlyMap<string, readonly string[]>;
  /** Keep features as bytes; possible where every feature column holds categories. */
  readonly bytes?: boolean;
}

/** The parts before they are numbers. */
interface Parts {
  readonly train: TablePart;
  readonly validation?: TablePart;
  readonly test: TablePart;
}

/**
 * Reads, splits and encodes a table. Errors: those of the table's reader; DATA_MISMATCH (columns),
 * DATA_NOT_A_NUMBER and DATA_LABEL_RANGE (cells), DATA_WEIGHT, DATA_EMPTY, DATA_TOO_LARGE, CONFIG_INVALID (options
 * that contradict each other).
 */
export async function loadTable(source: TableSource, load: LoadOptions): Promise<DataSplit> {
  const { options, declared } = source;
  const { target, task, weight } = options;
  const features = assignColumns(source.train, source.test, options);
  const wanted = [...features, ...target];
  const all = await readRows(source.train, weight === undefined ? wanted : [...wanted, weight], options);
  const own = source.test === undefined ? undefined : await readRows(source.test, wanted, options);
  const kinds = features.map((name) =>
    columnKind(all.part, name, options.categories.includes(name) || declared?.has(name) === true),
  );
  const parts = cutParts(all.part, own?.part, { ...load, testFraction: options.testFraction });
  const columns = features.map((name, index): ColumnEncoding => {
    if (kinds[index] === 'number') return fitNumber(parts.train, name, options.standardize);
    return {
      kind: 'category',
      name,
      categories: declared?.get(name) ?? fitCategories(parts.train, name),
    };
  });
  checkSize(source, columns, { parts, available: load.memoryBytes ?? availableMemory() });
  const targets = targetEncoder(parts.train, { target, task, options });
  const encode = (part: TablePart, weights?: SharedArrayBuffer): Dataset =>
    createDataset(encodeFeatures(part, columns, { bytes: source.bytes === true }), targets.encode(part), {
      samples: part.rows.length,
      weights,
    });
  const split = {
    train: encode(parts.train, weight === undefined ? undefined : weightsOf(parts.train, weight)),
    ...(parts.validation === undefined ? {} : { validation: encode(parts.validation) }),
    test: encode(parts.test),
  };
  const origin = [
    source.origin,
    ...(source.test === undefined
      ? [`test fraction ${options.testFraction} drawn with seed ${load.seed}`]
      : []),
  ].join(', ');
  const notes = [origin, describeColumns(columns)];
  const dropped = all.dropped + (own?.dropped ?? 0);
  if (options.missing === 'drop') notes.push(`${formatCount(dropped)} rows with missing values dropped`);
  if (weight !== undefined) notes.push(`weighted by ${JSON.stringify(weight)}`);
  return {
    ...split,
    encoding: { input: { kind: 'columns', columns }, target: targets.encoding },
    description: describeSplit(source.format, split, notes.join('; ')),
  };
}

/** The rows that are used; DATA_EMPTY when each of them misses something. */
async function readRows(
  file: TableFile,
  wanted: readonly string[],
  { missing }: Pick<TableOptions, 'missing'>,
): Promise<{ part: TablePart; dropped: number }> {
  const table: Table = await file.read(wanted);
  if (missing === 'refuse') return { part: { table, rows: countedRows(table.rows) }, dropped: 0 };
  const rows = completeRows(table, wanted);
  if (rows.length === 0) {
    const message = `Every row of ${table.path} lacks a value in some column that is used; ignore the columns with holes.`;
    throw new UserError('DATA_EMPTY', message);
  }
  return { part: { table, rows }, dropped: table.rows - rows.length };
}

function cutParts(
  all: TablePart,
  own: TablePart | undefined,
  { seed, validationFraction = 0, testFraction }: LoadOptions & { testFraction: number },
): Parts {
  const { table } = all;
  const { path } = table;
  const { train, test } =
    own === undefined
      ? drawTest(all.rows, { path, fraction: testFraction, seed })
      : { train: all.rows, test: own.rows };
  const cut = drawValidation(train, { path, fraction: validationFraction, seed });
  return {
    train: { table, rows: cut.train },
    ...(cut.validation === undefined ? {} : { validation: { table, rows: cut.validation } }),
    test: { table: own?.table ?? table, rows: test },
  };
}

function checkSize(
  { train, options, bytes }: TableSource,
  columns: readonly ColumnEncoding[],
  { parts, available }: { parts: Parts; available: number },
): void {
  const rows = parts.train.rows.length + (parts.validation?.rows.length ?? 0) + parts.test.rows.length;
  const width = encodedWidth(columns);
  const rowBytes = width * (bytes === true ? 1 : 4) + 4 * options.target.length;
  const what = `${formatCount(rows)} rows of ${formatCount(width)} encoded inputs`;
  requireMemory(rows * rowBytes, available, { path: train.path, what });
}

function targetEncoder(
  train: TablePart,
  { target, task, options }: Pick<TableOptions, 'target' | 'task'> & { options: TableOptions },
) {
  const [column = ''] = target;
  if (task === 'classes') {
    const names = fitCategories(train, column);
    const encoding: TargetEncoding = { kind: 'classes', names, column };
    return { encoding, encode: (part: TablePart) => encodeClasses(part, column, { classes: names }) };
  }
  const fitted = target.map((name) => fitNumber(train, name, options.standardizeTargets));
  const numbers = fitted.filter((each) => each.kind === 'number');
  const moments = {
    means: numbers.map(({ mean }) => mean),
    deviations: numbers.map(({ deviation }) => deviation),
  };
  const encoding: TargetEncoding = {
    kind: 'values',
    names: target,
    ...(options.standardizeTargets ? moments : {}),
  };
  return { encoding, encode: (part: TablePart) => encodeValues(part, fitted) };
}

function weightsOf(part: TablePart, name: string): SharedArrayBuffer {
  const { path } = part.table;
  const place = (index: number) =>
    `${path}, ${placeOfRow(part.table, part.rows[index] ?? 0)}, column ${JSON.stringify(name)}`;
  return sampleWeights(numbersOf(part, name), { path, place });
}

function describeColumns(columns: readonly ColumnEncoding[]): string {
  const numeric = columns.filter((each) => each.kind === 'number').length;
  return `${numeric} numeric and ${columns.length - numeric} text columns`;
}
