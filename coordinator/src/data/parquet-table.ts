/**
 * Reader of Parquet, a column and a group of rows at a time, so that a row is never an object. Integers, floats,
 * decimals and booleans as 0 and 1 become numbers; dates and timestamps become milliseconds since 1970 in UTC;
 * strings become texts; null is a missing cell. Nested columns and columns of bytes are refused by name, where they
 * are used. Compression: Snappy, GZIP, Brotli, ZSTD, LZ4.
 */

import { open } from 'node:fs/promises';
import { UserError } from '@hivegrad/shared/errors';
import type { AsyncBuffer, ColumnData, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { openBytes } from './bytes.ts';
import { formatCount } from './describe.ts';
import { requireMemory } from './memory.ts';
import { type Table, type TableColumn, type TableFile, textCollector } from './table.ts';

const MAGIC = 'PAR1';
/** A dictionary code or a number with its mark: an upper bound for the cells of any kind. */
const CELL_BYTES = 9;

/** Numbers straight away; the reader's own parsers would make an object of every date. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Number(value) / 1000,
  timestampFromNanoseconds: (value: bigint) => Number(value) / 1_000_000,
  dateFromDays: (days: number | undefined) => (days === undefined ? undefined : days * 86_400_000),
};

/**
 * Opens a file and reads its metadata. Errors, also of reading: DATA_MISSING, DATA_FORMAT (no Parquet, damaged,
 * nested or binary columns), DATA_TRUNCATED, DATA_EMPTY, DATA_TOO_LARGE.
 */
export async function openParquet(path: string, memoryBytes: number): Promise<TableFile> {
  const metadata = await withBuffer(path, async (buffer) => {
    await checkMagic(path, buffer);
    return guarded(path, () => parquetMetadataAsync(buffer, { geoparquet: false }));
  });
  const rows = Number(metadata.num_rows);
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (rows !== inGroups) {
    const message =
      `${path} announces ${formatCount(rows)} rows, but its row groups hold ${formatCount(inGroups)}; write or ` +
      'download the file again.';
    throw new UserError('DATA_FORMAT', message);
  }
  if (rows === 0) throw new UserError('DATA_EMPTY', `${path} holds no rows; give a file with samples.`);
  const { children } = parquetSchema(metadata);
  if (children.length === 0) throw new UserError('DATA_EMPTY', `${path} has no columns.`);
  const read = async (wanted: readonly string[]): Promise<Table> => {
    const what = `${formatCount(rows)} rows of ${formatCount(wanted.length)} columns`;
    requireMemory(rows * wanted.length * CELL_BYTES, memoryBytes, { path, what });
    const columns: TableColumn[] = [];
    await withBuffer(path, async (file) => {
      for (const name of wanted) columns.push(await readColumn({ path, file, metadata }, children, name));
    });
    return { path, rows, columns };
  };
  return { path, names: children.map(({ element }) => element.name), read };
}

/** Runs `work` over the file; the descriptor is closed whatever happens. */
async function withBuffer<Result>(
  path: string,
  work: (buffer: AsyncBuffer) => Promise<Result>,
): Promise<Result> {
  // Opened here first for the sentences about files that cannot be read.
  openBytes(path).close();
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return await work({
      byteLength: size,
      async slice(start, end = size) {
        const from = start < 0 ? Math.max(0, size + start) : start;
        const length = Math.min(end, size) - from;
        if (!(length > 0)) throw new RangeError(`no bytes ${start} to ${end} in a file of ${size}`);
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, from);
        return bytes.buffer.slice(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}

async function checkMagic(path: string, buffer: AsyncBuffer): Promise<void> {
  const size = buffer.byteLength;
  if (size === 0) throw new UserError('DATA_EMPTY', `${path} is empty; download the file again.`);
  const first = size < 4 ? '' : Buffer.from(await buffer.slice(0, 4)).toString('latin1');
  if (first !== MAGIC) {
    throw new UserError(
      'DATA_FORMAT',
      `${path} does not start with ${MAGIC}, so it is no Parquet file; check the path.`,
    );
  }
  if (size < 12 || Buffer.from(await buffer.slice(size - 4, size)).toString('latin1') !== MAGIC) {
    throw new UserError(
      'DATA_TRUNCATED',
      `${path} is cut short: it does not end with ${MAGIC}; download the file again.`,
    );
  }
}

interface ParquetSource {
  readonly path: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

async function readColumn(
  { path, file, metadata }: ParquetSource,
  schema: readonly SchemaTree[],
  name: string,
): Promise<TableColumn> {
  const found = schema.find(({ element }) => element.name === name);
  if (found === undefined) throw new Error(`no column ${name} in ${path}`);
  checkFlat(path, found);
  const collect = collector(path, name, Number(metadata.num_rows));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    // One group at a time: whatever the reader makes of it is garbage before the next. Its callback only keeps the
    // chunks, for what it threw would be lost.
    const chunks: ArrayLike<unknown>[] = [];
    const onChunk = ({ columnData }: ColumnData) => chunks.push(columnData as ArrayLike<unknown>);
    const range = { columns: [name], rowStart, rowEnd };
    await guarded(path, () =>
      parquetRead({ file, metadata, ...range, parsers, compressors, geoparquet: false, onChunk }),
    );
    const seen = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (seen !== rowEnd - rowStart) {
      const message =
        `${path}, column ${JSON.stringify(name)} holds ${formatCount(seen)} values in a group of ` +
        `${formatCount(rowEnd - rowStart)} rows; write or download the file again.`;
      throw new UserError('DATA_FORMAT', message);
    }
    for (const chunk of chunks) {
      collect.add(chunk, rowStart);
      rowStart += chunk.length;
    }
  }
  return collect.take();
}

/** Only one value per row can be a feature. */
function checkFlat(path: string, { children, element }: SchemaTree): void {
  if (children.length === 0 && element.repetition_type !== 'REPEATED') return;
  const message =
    `${path}: the column ${JSON.stringify(element.name)} is nested; write its values as columns of their own, or ` +
    'ignore it.';
  throw new UserError('DATA_FORMAT', message);
}

/** Takes chunks of cells and decides by their first value what the column is; a Parquet column has one type. */
function collector(path: string, name: string, rows: number) {
  const texts = textCollector(name);
  let values: Float64Array | undefined;
  let missing: Uint8Array | undefined;
  let isText = false;
  const put = (cell: unknown, row: number) => {
    if (cell === null || cell === undefined) {
      missing ??= new Uint8Array(rows);
      missing[row] = 1;
      texts.push('');
    } else if (typeof cell === 'string') {
      isText = true;
      texts.push(cell);
    } else if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') {
      values ??= new Float64Array(rows);
      values[row] = Number(cell);
    } else {
      const message =
        `${path}, row ${row + 1}: the column ${JSON.stringify(name)} holds bytes, which are no number and no text; ` +
        'convert it, or ignore the column.';
      throw new UserError('DATA_FORMAT', message);
    }
  };
  return {
    add(cells: ArrayLike<unknown>, from: number) {
      for (let i = 0; i < cells.length; i++) put(cells[i], from + i);
    },
    take(): TableColumn {
      if (values === undefined || isText) return texts.take();
      return missing === undefined
        ? { kind: 'number', name, values }
        : { kind: 'number', name, values, missing };
    },
  };
}

/** The reader throws errors of many kinds at a damaged file; they all say the same to a user. */
async function guarded<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message.replace(/\.+$/, '') : 'unknown';
    const message = `${path} is damaged or uses a feature of Parquet that cannot be read (${reason}); write or download it again.`;
    throw new UserError('DATA_FORMAT', message, { cause: error });
  }
}
