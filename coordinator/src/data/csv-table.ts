/**
 * Reader of delimited text (RFC 4180): quoted cells with doubled quotes, line ends of any system, a
 * byte order mark, a header row. In goes a path, out comes a table of texts whose rows all have as
 * many cells as the header and remember their line. Blank lines are skipped; spaces are kept.
 */

import { UserError } from '@hivegrad/shared/errors';
import { type Table, type TableFile, textCollector, u32List } from './table.ts';
import { readText } from './text.ts';

/**
 * Opens a file of UTF-8 text. `delimiter` is one character other than a quote or a line end.
 * Errors, also of reading: DATA_MISSING, DATA_FORMAT (encoding, quotes, ragged rows, header), DATA_EMPTY,
 * CONFIG_INVALID.
 */
export async function openCsv(path: string, delimiter: string): Promise<TableFile> {
  if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    const message = `"delimiter" is ${JSON.stringify(delimiter)}; give one character that is no quote and no line end.`;
    throw new UserError('CONFIG_INVALID', message);
  }
  const text = await readText(path, 'CSV');
  const source: CsvText = { path, text, delimiter };
  const cursor: Cursor = { position: 0, line: 1 };
  const header = nextRecord(source, cursor);
  const body = { ...cursor };
  if (header === undefined || nextRecord(source, cursor) === undefined) {
    throw new UserError(
      'DATA_EMPTY',
      `${path} has no rows after its header; give a file with a header and samples.`,
    );
  }
  const names = header.cells;
  checkHeader(path, names, delimiter);
  return { path, names, read: (wanted) => Promise.resolve(readRows(source, body, { names, wanted })) };
}

/** Reads from `start`, which stands after the header, to the end of the text. */
function readRows(
  source: CsvText,
  start: Cursor,
  { names, wanted }: { names: readonly string[]; wanted: readonly string[] },
): Table {
  const cursor = { ...start };
  const lines = u32List();
  const collectors = names.flatMap((name, index) =>
    wanted.includes(name) ? [{ index, collector: textCollector(name) }] : [],
  );
  let rows = 0;
  for (let record = nextRecord(source, cursor); record !== undefined; record = nextRecord(source, cursor)) {
    const { line, cells } = record;
    if (cells.length !== names.length) {
      const message =
        `${source.path}, line ${line}: ${countCells(cells.length)} where the header has ${names.length}; correct the ` +
        'line, and quote cells that contain the delimiter.';
      throw new UserError('DATA_FORMAT', message);
    }
    lines.push(line);
    rows++;
    for (const { index, collector } of collectors) collector.push(cells[index] ?? '');
  }
  const columns = collectors.map(({ collector }) => collector.take());
  return { path: source.path, rows, columns, lines: lines.take() };
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

/** Where the reader stands: an index into the text and the line it is on. */
interface Cursor {
  position: number;
  line: number;
}

interface CsvText {
  readonly path: string;
  readonly text: string;
  readonly delimiter: string;
}

/** The next line that is not blank and the line it starts on; undefined at the end. */
function nextRecord(
  { path, text, delimiter }: CsvText,
  cursor: Cursor,
): { line: number; cells: string[] } | undefined {
  while (cursor.position < text.length) {
    const { line } = cursor;
    const cells = readRecord(path, text, { delimiter, cursor });
    if (cells.length > 1 || cells[0] !== '') return { line, cells };
  }
  return undefined;
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
