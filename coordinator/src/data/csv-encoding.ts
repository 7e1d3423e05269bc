/**
 * How the columns of a table become rows of numbers. The encoding is fitted on the training part
 * alone and applied to both parts, so nothing of the test part leaks into training. Numeric columns
 * give one value, shifted and scaled to mean 0 and deviation 1 on request; text columns give one value
 * per category, 1 for the category of the row and 0 elsewhere. Only + - * / and sqrt touch a number,
 * in row order, in float64, rounded once to float32: every machine gets the same bits.
 */

import type { Features, Targets } from '@hivegrad/shared/data/dataset';
import { type CsvColumn, cellError, cellNumber, cellText, isDecimal } from './csv-cells.ts';
import type { CsvRow, CsvTable } from './csv-table.ts';

/** Rows of one table that form the training or the test part. */
export interface CsvPart {
  readonly table: CsvTable;
  readonly rows: readonly CsvRow[];
}

export type ColumnEncoding =
  /** (x - mean) / deviation; 0 and 1 leave x as it is. */
  | { readonly kind: 'number'; readonly name: string; readonly mean: number; readonly deviation: number }
  /** One value per category, in the order of the map, which sends a category to its position. */
  | { readonly kind: 'category'; readonly name: string; readonly categories: ReadonlyMap<string, number> };

/** Number of float32 values that the columns take in a row. */
export function encodedWidth(encodings: readonly ColumnEncoding[]): number {
  return encodings.reduce((width, each) => width + (each.kind === 'number' ? 1 : each.categories.size), 0);
}

/**
 * Decides what a feature column is, from every row of its table, not of the part: the answer must not
 * depend on how rows were drawn. Text in all cells makes categories, numbers in all cells numbers; a
 * mixture is an error at the first text, unless the user listed the column as `categorical`.
 */
export function columnKind(column: CsvColumn, categorical: boolean): ColumnEncoding['kind'] {
  if (categorical) return 'category';
  const { rows } = column.table;
  if (!rows.some((row) => isDecimal(cellText(column, row)))) return 'category';
  for (const row of rows) cellNumber(column, row);
  return 'number';
}

/** Mean and population deviation of the training part; a constant column keeps the deviation 1. */
export function fitNumber(part: CsvPart, name: string, standardize: boolean): ColumnEncoding {
  if (!standardize) return { kind: 'number', name, mean: 0, deviation: 1 };
  const column = columnOf(part.table, name);
  const values = Float64Array.from(part.rows, (row) => cellNumber(column, row));
  const first = values[0] ?? 0;
  // The mean of equal values may round to a neighbour, and the tiny deviation would blow it up.
  if (values.every((value) => value === first)) return { kind: 'number', name, mean: first, deviation: 1 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.sqrt(squares / values.length);
  return { kind: 'number', name, mean, deviation: deviation === 0 ? 1 : deviation };
}

/**
 * The distinct texts of a column in the training part with their positions: in order of value where
 * all are numbers, in order of UTF-16 code units otherwise.
 */
export function fitCategories(part: CsvPart, name: string): ReadonlyMap<string, number> {
  const column = columnOf(part.table, name);
  const sorted = [...new Set(part.rows.map((row) => cellText(column, row)))].sort();
  if (sorted.every(isDecimal)) sorted.sort((a, b) => Number(a) - Number(b));
  return new Map(sorted.map((text, position) => [text, position]));
}

/** Feature rows of a part, [rows, encodedWidth]. */
export function encodeFeatures(part: CsvPart, encodings: readonly ColumnEncoding[]): Features {
  const width = encodedWidth(encodings);
  const rows = new SharedArrayBuffer(4 * width * part.rows.length);
  const values = new Float32Array(rows);
  let offset = 0;
  for (const encoding of encodings) {
    const column = columnOf(part.table, encoding.name);
    for (const [index, row] of part.rows.entries()) {
      const at = index * width + offset;
      if (encoding.kind === 'number') values[at] = encodeNumber(column, row, encoding);
      else values[at + categoryPosition(column, row, encoding.categories)] = 1;
    }
    offset += encoding.kind === 'number' ? 1 : encoding.categories.size;
  }
  return { kind: 'f32', width, rows };
}

/** One class index per row; `classes` was fitted on the training part. */
export function encodeClasses(part: CsvPart, name: string, classes: ReadonlyMap<string, number>): Targets {
  const column = columnOf(part.table, name);
  const rows = new SharedArrayBuffer(4 * part.rows.length);
  const indices = new Uint32Array(rows);
  for (const [index, row] of part.rows.entries()) indices[index] = categoryPosition(column, row, classes);
  return { kind: 'classes', classes: classes.size, names: [...classes.keys()], rows };
}

/** Target values as they stand in the file, rounded to float32, [rows, names]. */
export function encodeValues(part: CsvPart, names: readonly string[]): Targets {
  const encodings = names.map((name) => ({ kind: 'number', name, mean: 0, deviation: 1 }) as const);
  const { width, rows } = encodeFeatures(part, encodings);
  return { kind: 'values', width, rows };
}

/** The column of that name; its presence was checked when the table was read. */
export function columnOf(table: CsvTable, name: string): CsvColumn {
  const index = table.columns.indexOf(name);
  if (index === -1) throw new Error(`no column ${name} in ${table.path}`);
  return { table, name, index };
}

function encodeNumber(column: CsvColumn, row: CsvRow, fit: { mean: number; deviation: number }): number {
  const value = Math.fround((cellNumber(column, row) - fit.mean) / fit.deviation);
  if (Number.isFinite(value)) return value;
  const reason =
    'is too far from the training part to be standardized; correct it, or set "standardize" to false';
  throw cellError('DATA_NOT_A_NUMBER', { column, row }, reason);
}

function categoryPosition(column: CsvColumn, row: CsvRow, categories: ReadonlyMap<string, number>): number {
  const position = categories.get(cellText(column, row));
  if (position !== undefined) return position;
  const reason = 'does not occur in the training part; correct it, or move a row that has it there';
  throw cellError('DATA_LABEL_RANGE', { column, row }, reason);
}
