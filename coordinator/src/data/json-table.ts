/**
 * Reader of JSON tables: an array of objects, or JSON lines (one object a line). A column is every key that some
 * object has; an absent key and null are missing cells. A column of numbers alone is one of numbers, any other one of
 * texts, in which true is "true" and 1.5 is "1.5". Nested values are refused by row and key, where they are used.
 */

import { UserError } from '@hivegrad/shared/errors';
import { placeOfRow, type Table, type TableColumn, type TableFile, textCollector } from './table.ts';
import { readText } from './text.ts';

interface JsonRows {
  readonly path: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly lines?: Uint32Array;
}

/**
 * Opens a file of UTF-8 text; one that begins with a bracket is an array, any other JSON lines.
 * Errors, also of reading: DATA_MISSING, DATA_FORMAT (grammar, rows that are no objects, nested values),
 * DATA_TRUNCATED, DATA_EMPTY.
 */
export async function openJson(path: string): Promise<TableFile> {
  const text = await readText(path, 'JSON');
  return tableOf(/^\s*\[/.test(text) ? arrayRows(path, text) : lineRows(path, text));
}

/** The objects of a program as the rows of a table, by the rules of a file; `path` is what messages call them. */
export function openObjects(rows: readonly unknown[], path: string): TableFile {
  return tableOf(objectsOf(rows, path));
}

function tableOf(found: JsonRows): TableFile {
  const { path } = found;
  if (found.rows.length === 0) {
    throw new UserError('DATA_EMPTY', `${path} holds no rows; give one sample at least.`);
  }
  const names = new Set<string>();
  for (const row of found.rows) for (const name of Object.keys(row)) names.add(name);
  if (names.size === 0) {
    throw new UserError(
      'DATA_EMPTY',
      `${path} holds objects without keys; give rows like {"width": 1, "class": "a"}.`,
    );
  }
  const read = (wanted: readonly string[]): Table => {
    const columns = wanted.map((name) => column(found, name));
    const table = { path, rows: found.rows.length, columns };
    return found.lines === undefined ? table : { ...table, lines: found.lines };
  };
  return { path, names: [...names], read: async (wanted) => Promise.resolve(read(wanted)) };
}

function arrayRows(path: string, text: string): JsonRows {
  const value = parse(text, path);
  if (!Array.isArray(value)) throw new Error('a text that begins with a bracket is a list');
  return objectsOf(value as unknown[], path);
}

function objectsOf(values: readonly unknown[], path: string): JsonRows {
  const rows = values.map((row, index) => requireObject(row, `${path}, row ${index + 1}`));
  return { path, rows };
}

function lineRows(path: string, text: string): JsonRows {
  const rows: Record<string, unknown>[] = [];
  const lines: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const place = `${path}, line ${index + 1}`;
    rows.push(requireObject(parse(line, place), place));
    lines.push(index + 1);
  }
  return { path, rows, lines: Uint32Array.from(lines) };
}

/** Engines word their complaints about JSON in their own ways, but all tell the end of the text from a fault in it. */
function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    if (/unexpected end|unterminated|end of (?:data|input)/i.test(reason)) {
      const message = `${place} ends in the middle of a value; download the file again.`;
      throw new UserError('DATA_TRUNCATED', message, { cause: error });
    }
    const message =
      `${place} is not valid JSON (${reason.replace(/\.+$/, '')}); give an array of objects, or one object on each ` +
      'line.';
    throw new UserError('DATA_FORMAT', message, { cause: error });
  }
}

function requireObject(row: unknown, place: string): Record<string, unknown> {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, unknown>;
  const message = `${place} is ${kindOf(row)}, not an object; give rows like {"width": 1, "class": "a"}.`;
  throw new UserError('DATA_FORMAT', message);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`;
}

function column(table: JsonRows, name: string): TableColumn {
  const cells = table.rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined));
  const nested = cells.findIndex((cell) => typeof cell === 'object' && cell !== null);
  if (nested >= 0) {
    const place = placeOfRow({ ...table, rows: cells.length, columns: [] }, nested);
    const message =
      `${table.path}, ${place}, key ${JSON.stringify(name)} holds ${kindOf(cells[nested])}; write its values as keys ` +
      'of their own, or ignore the column.';
    throw new UserError('DATA_FORMAT', message);
  }
  const filled = cells.filter((cell) => cell !== undefined && cell !== null);
  if (filled.length > 0 && filled.every((cell) => typeof cell === 'number')) return numbers(name, cells);
  const texts = textCollector(name);
  for (const cell of cells) texts.push(cell === undefined || cell === null ? '' : String(cell));
  return texts.take();
}

function numbers(name: string, cells: readonly unknown[]): TableColumn {
  const values = Float64Array.from(cells, (cell) => (typeof cell === 'number' ? cell : 0));
  const missing = Uint8Array.from(cells, (cell) => (typeof cell === 'number' ? 0 : 1));
  return missing.includes(1) ? { kind: 'number', name, values, missing } : { kind: 'number', name, values };
}
