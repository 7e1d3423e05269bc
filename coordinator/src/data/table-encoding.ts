/**
 * How the columns of a table become rows of numbers. The encoding is fitted on the training part alone and applied
 * to every part, so nothing of the others leaks into training. A column of numbers gives one value, shifted and
 * scaled to mean 0 and deviation 1 on request; a column of names gives one value per category, 1 for the category of
 * the row and 0 elsewhere. Only + - * / and sqrt touch a number, in row order, in float64, rounded once to float32:
 * every machine gets the same bits.
 */

import type { ColumnEncoding, Features, Targets } from '@hivegrad/shared/data/dataset';
import { type Cell, cellError, isDecimal, type NamesOfPart, namesOf, numbersOf } from './cells.ts';
import { columnOf, type TablePart } from './table.ts';

/** What the sentence says about a category that the encoding does not have. */
const NOT_IN_TRAINING = 'does not occur in the training part; correct it, or move a row that has it there';

/** Number of values that the columns take in a row. */
export function encodedWidth(columns: readonly ColumnEncoding[]): number {
  return columns.reduce((width, each) => width + (each.kind === 'number' ? 1 : each.categories.length), 0);
}

/** Mean and population deviation of numbers in order; equal numbers keep the deviation 1. */
export function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const first = values[0] ?? 0;
  // The mean of equal values may round to a neighbour, and the tiny deviation would blow it up.
  if (values.every((value) => value === first)) return { mean: first, deviation: 1 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.sqrt(squares / values.length);
  return { mean, deviation: deviation === 0 ? 1 : deviation };
}

export function fitNumber(train: TablePart, name: string, standardize: boolean): ColumnEncoding {
  const moments = standardize ? momentsOf(numbersOf(train, name)) : { mean: 0, deviation: 1 };
  return { kind: 'number', name, ...moments };
}

/**
 * The distinct names of a column in the training part: in order of value where all are numbers, in order of UTF-16
 * code units otherwise.
 */
export function fitCategories(train: TablePart, name: string): readonly string[] {
  const { codes, texts } = namesOf(train, name);
  const present = new Uint8Array(texts.length);
  for (const code of codes) present[code] = 1;
  return sortedNames(texts.filter((_, code) => present[code] === 1));
}

/** Names in order of value where all are numbers, in order of UTF-16 code units otherwise. */
export function sortedNames(names: readonly string[]): readonly string[] {
  const sorted = names.toSorted();
  return sorted.every(isDecimal) ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
}

export interface EncodeOptions {
  /** Categories alone fit in bytes, a quarter of the memory; a column of numbers is then a bug. */
  readonly bytes?: boolean;
  /** Predicate and remedy for a category that the encoding lacks; DATA_LABEL_RANGE. */
  readonly unknown?: string;
}

/** Feature rows of a part, [rows, encodedWidth]. */
export function encodeFeatures(
  part: TablePart,
  columns: readonly ColumnEncoding[],
  options: EncodeOptions = {},
): Features {
  const width = encodedWidth(columns);
  const count = part.rows.length;
  const bytes = options.bytes === true;
  const buffer = new SharedArrayBuffer((bytes ? 1 : 4) * width * count);
  const values = bytes ? new Uint8Array(buffer) : new Float32Array(buffer);
  let offset = 0;
  for (const column of columns) {
    if (column.kind === 'number') {
      if (bytes) throw new Error(`the number ${column.name} does not fit a byte`);
      const numbers = encodeNumbers(part, column);
      for (let i = 0; i < count; i++) values[i * width + offset] = numbers[i]!;
      offset += 1;
    } else {
      const positions = encodeNames(part, column.name, {
        categories: column.categories,
        unknown: options.unknown,
      });
      for (let i = 0; i < count; i++) values[i * width + offset + positions[i]!] = 1;
      offset += column.categories.length;
    }
  }
  return bytes ? { kind: 'u8', scale: 'none', width, rows: buffer } : { kind: 'f32', width, rows: buffer };
}

/** One class index per row; `classes` was fitted on the training part. */
export function encodeClasses(
  part: TablePart,
  name: string,
  { classes, unknown }: { classes: readonly string[]; unknown?: string | undefined },
): Targets {
  const positions = encodeNames(part, name, { categories: classes, unknown });
  const rows = new SharedArrayBuffer(4 * positions.length);
  new Uint32Array(rows).set(positions);
  return { kind: 'classes', classes: classes.length, names: classes, rows };
}

/** Target values in the order of `columns`, [rows, columns]. */
export function encodeValues(part: TablePart, columns: readonly ColumnEncoding[]): Targets {
  const { width, rows } = encodeFeatures(part, columns);
  return { kind: 'values', width, rows };
}

type NumberEncoding = Extract<ColumnEncoding, { kind: 'number' }>;

function encodeNumbers(part: TablePart, { name, mean, deviation }: NumberEncoding): Float64Array {
  const values = numbersOf(part, name);
  for (let i = 0; i < values.length; i++) {
    const value = Math.fround((values[i]! - mean) / deviation);
    if (!Number.isFinite(value)) {
      const reason =
        'is too far from the training part to be standardized; correct it, or set "standardize" to false';
      throw cellError('DATA_NOT_A_NUMBER', cellAt(part, name, i), reason);
    }
    values[i] = value;
  }
  return values;
}

function encodeNames(
  part: TablePart,
  name: string,
  { categories, unknown = NOT_IN_TRAINING }: { categories: readonly string[]; unknown?: string | undefined },
): Uint32Array {
  const { codes, texts }: NamesOfPart = namesOf(part, name);
  const known = new Map(categories.map((text, position) => [text, position]));
  const positions = texts.map((text) => known.get(text));
  for (let i = 0; i < codes.length; i++) {
    const position = positions[codes[i]!];
    if (position === undefined) throw cellError('DATA_LABEL_RANGE', cellAt(part, name, i), unknown);
    codes[i] = position;
  }
  return codes;
}

function cellAt(part: TablePart, name: string, index: number): Cell {
  return { table: part.table, column: columnOf(part.table, name), row: part.rows[index] ?? 0 };
}
