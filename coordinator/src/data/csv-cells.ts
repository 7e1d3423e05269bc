/**
 * What one cell of a table means. Empty cells and NaN or infinity are errors in every column that is
 * used: a loader that guesses a value for them would hide a hole in the data. Each error names file,
 * line, column and value.
 */

import { UserError, type UserErrorCode } from '@hivegrad/shared/errors';
import type { CsvRow, CsvTable } from './csv-table.ts';

/** A column of a table; `index` finds its cells, `name` is for people. */
export interface CsvColumn {
  readonly table: CsvTable;
  readonly name: string;
  readonly index: number;
}

const DECIMAL = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/;
const NOT_FINITE = /^[ \t]*[+-]?(?:nan|inf|infinity)[ \t]*$/i;
const SHOWN_CHARACTERS_MAX = 40;

/** Whether a text is a decimal number as Python, C and JSON write them; no hexadecimal, no commas. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** The text of a cell; DATA_NOT_A_NUMBER when it is empty, NaN or infinite. */
export function cellText(column: CsvColumn, row: CsvRow): string {
  const text = row.cells[column.index] ?? '';
  if (text.trim() === '') {
    throw cellError(
      'DATA_NOT_A_NUMBER',
      { column, row },
      'is empty; fill it in, drop the row, or ignore the column',
    );
  }
  if (NOT_FINITE.test(text)) {
    const reason = 'is not a finite number; replace it, drop the row, or ignore the column';
    throw cellError('DATA_NOT_A_NUMBER', { column, row }, reason);
  }
  return text;
}

/** The number of a cell, finite also as a float32; DATA_NOT_A_NUMBER otherwise. */
export function cellNumber(column: CsvColumn, row: CsvRow): number {
  const text = cellText(column, row);
  if (!isDecimal(text)) {
    const reason =
      'is text where a number belongs; correct it, or list the column in "categories" if its values are names';
    throw cellError('DATA_NOT_A_NUMBER', { column, row }, reason);
  }
  const value = Number(text);
  if (!Number.isFinite(Math.fround(value))) {
    throw cellError('DATA_NOT_A_NUMBER', { column, row }, 'is too large for a float32; rescale the column');
  }
  return value;
}

/** `reason` is a predicate and a remedy: "is empty; fill it in". */
export function cellError(
  code: UserErrorCode,
  at: { column: CsvColumn; row: CsvRow },
  reason: string,
): UserError {
  const { column, row } = at;
  const text = row.cells[column.index] ?? '';
  const shown = text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}...` : text;
  const place = `${column.table.path}, line ${row.line}, column ${JSON.stringify(column.name)}`;
  return new UserError(code, `${place}: ${JSON.stringify(shown)} ${reason}.`);
}
