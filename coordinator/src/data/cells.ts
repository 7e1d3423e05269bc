/**
 * What one cell of a table means. Missing cells and NaN or infinity are errors in every column that is used, unless
 * rows that miss something were dropped before: a loader that guesses a value for them would hide a hole in the
 * data. Each error names file, line or row, column and value.
 */

import { UserError, type UserErrorCode } from '@hivegrad/shared/errors';
import { columnOf, isMissing, placeOfRow, type Table, type TableColumn, type TablePart } from './table.ts';

export interface Cell {
  readonly table: Table;
  readonly column: TableColumn;
  readonly row: number;
}

const DECIMAL = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/;
const NOT_FINITE = /^[ \t]*[+-]?(?:nan|inf|infinity)[ \t]*$/i;
const SHOWN_CHARACTERS_MAX = 40;

const MISSING = 'is empty; fill it in, set "missing" to "drop", or ignore the column';
const INFINITE = 'is not a finite number; replace it, drop the row, or ignore the column';
const TEXT =
  'is text where a number belongs; correct it, or list the column in "categories" if its values are names';
const LARGE = 'is too large for a float32; rescale the column';

/** Whether a text is a decimal number as Python, C and JSON write them; no hexadecimal, no commas. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** `reason` is a predicate and a remedy: "is empty; fill it in". */
export function cellError(code: UserErrorCode, cell: Cell, reason: string): UserError {
  const { table, column, row } = cell;
  const place = `${table.path}, ${placeOfRow(table, row)}, column ${JSON.stringify(column.name)}`;
  return new UserError(code, `${place}: ${shown(cell)} ${reason}.`);
}

function shown({ column, row }: Cell): string {
  if (column.kind === 'number') return isMissing(column, row) ? 'null' : String(column.values[row]);
  const text = column.texts[column.codes[row] ?? 0] ?? '';
  return JSON.stringify(
    text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}...` : text,
  );
}

/** What is wrong with a text as a cell of names, or undefined. */
function textFault(text: string): string | undefined {
  if (text.trim() === '') return MISSING;
  return NOT_FINITE.test(text) ? INFINITE : undefined;
}

function numberFault(value: number): string | undefined {
  if (Number.isFinite(Math.fround(value))) return undefined;
  return Number.isFinite(value) ? LARGE : INFINITE;
}

/**
 * The numbers of a column, one per row of the part, each finite also as a float32; DATA_NOT_A_NUMBER at the first
 * row that has none.
 */
export function numbersOf(part: TablePart, name: string): Float64Array {
  const { table, rows } = part;
  const column = columnOf(table, name);
  const values = new Float64Array(rows.length);
  const parsed = column.kind === 'text' ? Float64Array.from(column.texts, (text) => Number(text)) : undefined;
  const faults = column.kind === 'text' ? column.texts.map(decimalFault) : [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let fault: string | undefined;
    if (column.kind === 'text') {
      const code = column.codes[row]!;
      fault = faults[code];
      values[i] = parsed![code]!;
    } else {
      const value = column.values[row]!;
      fault = column.missing?.[row] === 1 ? MISSING : numberFault(value);
      values[i] = value;
    }
    if (fault !== undefined) throw cellError('DATA_NOT_A_NUMBER', { table, column, row }, fault);
  }
  return values;
}

/** What is wrong with a text as a number, or undefined. A decimal beyond float64 is large, not infinite. */
function decimalFault(text: string): string | undefined {
  const fault = textFault(text);
  if (fault !== undefined) return fault;
  if (!isDecimal(text)) return TEXT;
  return numberFault(Number(text)) === undefined ? undefined : LARGE;
}

/** The names in a column: one code per row of the part, and the text of each code, some perhaps of no row. */
export interface NamesOfPart {
  readonly codes: Uint32Array;
  readonly texts: readonly string[];
}

/** Cells as names; DATA_NOT_A_NUMBER at the first row whose cell is missing, NaN or infinite. */
export function namesOf(part: TablePart, name: string): NamesOfPart {
  const { table, rows } = part;
  const column = columnOf(table, name);
  const codes = new Uint32Array(rows.length);
  if (column.kind === 'text') {
    const faults = column.texts.map(textFault);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const code = column.codes[row]!;
      const fault = faults[code];
      if (fault !== undefined) throw cellError('DATA_NOT_A_NUMBER', { table, column, row }, fault);
      codes[i] = code;
    }
    return { codes, texts: column.texts };
  }
  const known = new Map<number, number>();
  const values = numbersOf(part, name);
  for (let i = 0; i < rows.length; i++) {
    // Minus zero is written like zero, so it is the same name.
    const value = values[i]! + 0;
    let code = known.get(value);
    if (code === undefined) {
      code = known.size;
      known.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, texts: Array.from(known.keys(), String) };
}

/**
 * Whether a column holds numbers or names, from every given row of its table, not of a part: the answer must not
 * depend on how rows were drawn. Text in all cells makes names, numbers in all cells numbers; a mixture is an error
 * at the first text, unless the user listed the column as `categorical`.
 */
export function columnKind(all: TablePart, name: string, categorical: boolean): 'number' | 'category' {
  if (categorical) return 'category';
  if (columnOf(all.table, name).kind === 'text') {
    const { codes, texts } = namesOf(all, name);
    const decimal = texts.map(isDecimal);
    if (!codes.some((code) => decimal[code] === true)) return 'category';
  }
  numbersOf(all, name);
  return 'number';
}
