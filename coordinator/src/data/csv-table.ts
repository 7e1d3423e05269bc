/**
 * Reader of delimited text (RFC 4180): quoted cells with doubled quotes, line ends of any system, a
 * byte order mark, a header row. In goes a path, out comes a table of strings whose rows all have as
 * many cells as the header and remember their line. Blank lines are skipped; spaces are kept.
 */

import { constants } from 'node:buffer';
import { UserError } from '@hivegrad/shared/errors';
import { openBytes } from './bytes.ts';

export interface CsvRow {
  /** Line of the file on which the row starts, from 1. */
  readonly line: number;
  /** One cell per column, unquoted. */
  readonly cells: readonly string[];
}

export interface CsvTable {
  readonly path: string;
  /** Names of the header row, all different, two or more. */
  readonly columns: readonly string[];
  /** At least one. */
  readonly rows: readonly CsvRow[];
}

/**
 * Reads a file of UTF-8 text. `delimiter` is one character other than a quote or a line end.
 * Errors: DATA_MISSING, DATA_FORMAT (encoding, quotes, ragged rows, header), DATA_EMPTY, CONFIG_INVALID.
 */
export async function readCsvTable(path: string, delimiter: string): Promise<CsvTable> {
  if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    const message = `"delimiter" is ${JSON.stringify(delimiter)}; give one character that is no quote and no line end.`;
    throw new UserError('CONFIG_INVALID', message);
  }
  const [header, ...rows] = parseRecords(path, await readText(path), delimiter);
  if (header === undefined || rows.length === 0) {
    throw new UserError(
      'DATA_EMPTY',
      `${path} has no rows after its header; give a file with a header and samples.`,
    );
  }
  const columns = header.cells;
  checkHeader(path, columns, delimiter);
  for (const { line, cells } of rows) {
    if (cells.length !== columns.length) {
      const message =
        `${path}, line ${line}: ${countCells(cells.length)} where the header has ${columns.length}; correct the line, ` +
        'and quote cells that contain the delimiter.';
      throw new UserError('DATA_FORMAT', message);
    }
  }
  return { path, columns, rows };
}

function checkHeader(path: string, columns: readonly string[], delimiter: string): void {
  if (columns.length < 2) {
    const message = `${path} has only one column when cut at ${JSON.stringify(delimiter)}; set "delimiter" to the one it uses.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const unnamed = columns.indexOf('');
  if (unnamed !== -1) {
    const message = `${path}: column ${unnamed + 1} has no name; name it in the header, and ignore it if it is no feature.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const duplicate = columns.find((name, index) => columns.indexOf(name) !== index);
  if (duplicate === undefined) return;
  const message = `${path} has two columns named ${JSON.stringify(duplicate)}; give every column a name of its own.`;
  throw new UserError('DATA_FORMAT', message);
}

function countCells(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}

async function readText(path: string): Promise<string> {
  const source = openBytes(path);
  try {
    if (source.compressed) {
      throw new UserError(
        'DATA_FORMAT',
        `${path} is compressed with gzip; unpack it (gunzip) and name the result.`,
      );
    }
    if (source.bytesMax > constants.MAX_STRING_LENGTH) {
      const message = `${path} is larger than ${constants.MAX_STRING_LENGTH} bytes, the most that a CSV file may have; use IDX.`;
      throw new UserError('DATA_FORMAT', message);
    }
    const bytes = new Uint8Array(source.bytesMax);
    const count = await source.read(bytes);
    // The decoder drops a byte order mark and, being fatal, refuses other encodings.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, count));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = `${path} is not UTF-8 text; save it as CSV in UTF-8.`;
    throw new UserError('DATA_FORMAT', message, { cause: error });
  } finally {
    source.close();
  }
}

/** Where the reader stands: an index into the text and the line it is on. */
interface Cursor {
  position: number;
  line: number;
}

function parseRecords(path: string, text: string, delimiter: string): CsvRow[] {
  const cursor: Cursor = { position: 0, line: 1 };
  const records: CsvRow[] = [];
  while (cursor.position < text.length) {
    const { line } = cursor;
    const cells = readRecord(path, text, { delimiter, cursor });
    const blank = cells.length === 1 && cells[0] === '';
    if (!blank) records.push({ line, cells });
  }
  return records;
}

function readRecord(path: string, text: string, at: { delimiter: string; cursor: Cursor }): string[] {
  const { delimiter, cursor } = at;
  const cells: string[] = [];
  for (;;) {
    const quoted = text[cursor.position] === '"';
    cells.push(quoted ? readQuoted(path, text, cursor) : readPlain(path, text, at));
    const next = text[cursor.position];
    if (next === delimiter) {
      cursor.position += 1;
      continue;
    }
    if (next !== undefined && next !== '\n' && next !== '\r') {
      const message = `${path}, line ${cursor.line}: text after a closing quote; write quotes inside a quoted cell twice.`;
      throw new UserError('DATA_FORMAT', message);
    }
    cursor.position += next === '\r' && text[cursor.position + 1] === '\n' ? 2 : 1;
    cursor.line += 1;
    return cells;
  }
}

function readPlain(path: string, text: string, at: { delimiter: string; cursor: Cursor }): string {
  const { delimiter, cursor } = at;
  const start = cursor.position;
  for (; cursor.position < text.length; cursor.position++) {
    const character = text[cursor.position];
    if (character === delimiter || character === '\n' || character === '\r') break;
    if (character === '"') {
      const message =
        `${path}, line ${cursor.line}: a quote inside a cell that does not start with one; quote the whole cell ` +
        'and write the quote twice.';
      throw new UserError('DATA_FORMAT', message);
    }
  }
  return text.slice(start, cursor.position);
}

function readQuoted(path: string, text: string, cursor: Cursor): string {
  const opened = cursor.line;
  let cell = '';
  cursor.position += 1;
  for (;;) {
    const end = text.indexOf('"', cursor.position);
    if (end === -1) {
      const message = `${path}, line ${opened}: a quote is opened and never closed; close it, or download the file again.`;
      throw new UserError('DATA_FORMAT', message);
    }
    const piece = text.slice(cursor.position, end);
    cursor.line += piece.match(/\r\n|\n|\r/g)?.length ?? 0;
    cell += piece;
    cursor.position = end + 1;
    if (text[cursor.position] !== '"') return cell;
    cell += '"';
    cursor.position += 1;
  }
}
