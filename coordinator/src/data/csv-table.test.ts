import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openCsv } from './csv-table.ts';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { isMissing } from './table.ts';

/** The whole table as rows of cells, as a person sees it. */
async function readAll(path: string, delimiter: string) {
  const file = await openCsv(path, delimiter);
  const table = await file.read(file.names);
  const rows = Array.from({ length: table.rows }, (_, row) => ({
    line: table.lines?.[row],
    cells: table.columns.map((column) =>
      column.kind === 'text' ? column.texts[column.codes[row] ?? -1] : column.values[row],
    ),
  }));
  return { columns: file.names, rows, table };
}

async function read(content: string | Uint8Array, delimiter = ',') {
  return readAll(join(writeTestFiles({ 'table.csv': content }), 'table.csv'), delimiter);
}

async function failure(content: string | Uint8Array, delimiter = ','): Promise<string> {
  const directory = writeTestFiles({ 'table.csv': content });
  return failureOf(readAll(join(directory, 'table.csv'), delimiter), directory);
}

describe('openCsv', () => {
  it('unquotes cells with delimiters, doubled quotes and line ends, and counts lines', async () => {
    const table = await read('a,"b, c"\r\n"say ""hi""","two\r\nlines"\r\n"",4\r\n');
    expect(table.columns).toEqual(['a', 'b, c']);
    expect(table.rows).toEqual([
      { line: 2, cells: ['say "hi"', 'two\r\nlines'] },
      { line: 4, cells: ['', '4'] },
    ]);
  });

  it.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['no last line end', 'a,b\n1,2\n3,4'],
    ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
  ])('reads the same rows with %s', async (_, content) => {
    const table = await read(content);
    expect(table.columns).toEqual(['a', 'b']);
    expect(table.rows).toEqual([
      { line: 2, cells: ['1', '2'] },
      { line: 3, cells: ['3', '4'] },
    ]);
  });

  it('keeps empty cells at both ends of a row, and spaces', async () => {
    const table = await read('a,b,c\n,1,\n 2 ,3,');
    expect(table.rows.map((row) => row.cells)).toEqual([
      ['', '1', ''],
      [' 2 ', '3', ''],
    ]);
  });

  it('keeps each distinct text once and reads wanted columns alone', async () => {
    const path = join(writeTestFiles({ 't.csv': 'a,b,c\nx,1,9\ny, ,8\nx,1,7\n' }), 't.csv');
    const { rows, columns } = await (await openCsv(path, ',')).read(['b', 'a']);
    expect(rows).toBe(3);
    expect(columns).toEqual([
      { kind: 'text', name: 'a', codes: Uint32Array.of(0, 1, 0), texts: ['x', 'y'] },
      { kind: 'text', name: 'b', codes: Uint32Array.of(0, 1, 0), texts: ['1', ' '] },
    ]);
    expect([0, 1, 2].map((row) => isMissing(columns[1]!, row))).toEqual([false, true, false]);
  });

  it('skips blank lines and still counts them', async () => {
    const table = await read('\na,b\n\n1,2\n\n\n');
    expect(table.rows).toEqual([{ line: 4, cells: ['1', '2'] }]);
  });

  it('cuts at another delimiter, and then a comma is text', async () => {
    const table = await read('a;b\n1,5;"2;3"\n', ';');
    expect(table.rows[0]?.cells).toEqual(['1,5', '2;3']);
  });

  it('refuses a delimiter that is a quote, a line end or not one character', async () => {
    for (const delimiter of ['"', '\n', '\r', '', '::']) {
      expect(await failure('a,b\n1,2\n', delimiter)).toMatch(
        /^CONFIG_INVALID "delimiter" is ".*"; give one character/,
      );
    }
  });

  it('names the line and both counts of a ragged row', async () => {
    expect(await failure('a,b\n1,2\n1,2,3\n')).toBe(
      'DATA_FORMAT table.csv, line 3: 3 cells where the header has 2; correct the line, and quote cells that ' +
        'contain the delimiter.',
    );
    expect(await failure('a,b\n1\n')).toContain('line 2: 1 cell where the header has 2');
  });

  it('refuses a file without rows', async () => {
    for (const content of ['', '\n\n', 'a,b', 'a,b\n']) {
      expect(await failure(content)).toMatch(/^DATA_EMPTY table\.csv has no rows/);
    }
  });

  it('refuses headers with a duplicate, without a name, or with one column', async () => {
    expect(await failure('a,b,a\n1,2,3\n')).toMatch(
      /^DATA_FORMAT table\.csv has two columns named "a"; give/,
    );
    expect(await failure('a,,b\n1,2,3\n')).toMatch(/^DATA_FORMAT table\.csv: column 2 has no name; name it/);
    expect(await failure('a;b\n1;2\n')).toMatch(
      /^DATA_FORMAT table\.csv has only one column when cut at ","; set/,
    );
  });

  it('names the line of a quote that is misplaced or never closed', async () => {
    expect(await failure('a,b\n1,2"3\n')).toMatch(/^DATA_FORMAT table\.csv, line 2: a quote inside a cell/);
    expect(await failure('a,b\n1,"2"3\n')).toMatch(
      /^DATA_FORMAT table\.csv, line 2: text after a closing quote/,
    );
    expect(await failure('a,b\n1,"2\n3,4\n')).toMatch(
      /^DATA_FORMAT table\.csv, line 2: a quote is opened and never/,
    );
  });

  it('refuses what is not UTF-8 text', async () => {
    expect(await failure(new Uint8Array([0x61, 0x2c, 0xff, 0x0a]))).toMatch(
      /^DATA_FORMAT table\.csv is not UTF-8/,
    );
    expect(await failure(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'))).toMatch(
      /^DATA_FORMAT table\.csv is not UTF-8/,
    );
    expect(await failure(gzipSync('a,b\n1,2\n'))).toMatch(
      /^DATA_FORMAT table\.csv is compressed with gzip; unpack/,
    );
  });

  it('names the path of a missing file', async () => {
    const directory = writeTestFiles({});
    expect(await failureOf(openCsv(join(directory, 'no.csv'), ','), directory)).toBe(
      'DATA_MISSING There is no file no.csv; check the path in the configuration.',
    );
  });
});
