/**
 * Rows that come after training, encoded in the way of the training part: a file and a DataEncoding go in, features
 * (and targets, where the table has them) come out. Columns that the network does not use are ignored.
 */

import { basename } from 'node:path';
import type {
  ColumnEncoding,
  DataEncoding,
  Features,
  InputEncoding,
  TargetEncoding,
  Targets,
} from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { featuresOf } from './arrays.ts';
import { openBytes } from './bytes.ts';
import { formatCount } from './describe.ts';
import { readIdxImages, sampleWidth } from './idx.ts';
import { availableMemory, requireMemory } from './memory.ts';
import { readNpy } from './npy.ts';
import { countedRows } from './split.ts';
import { standardizeRows } from './standardize.ts';
import type { TableFile, TablePart } from './table.ts';
import { requireColumn } from './table-columns.ts';
import { encodeClasses, encodedWidth, encodeFeatures, encodeValues } from './table-encoding.ts';
import { openTable } from './table-files.ts';

export type RowFormat = 'csv' | 'json' | 'parquet' | 'npy' | 'idx';

export interface RowOptions {
  readonly encoding: DataEncoding;
  /** By default that of the name's extension, or IDX where the file begins like one. */
  readonly format?: RowFormat;
  /** For CSV; a tab where the name ends in .tsv, else a comma. */
  readonly delimiter?: string;
  readonly memoryBytes?: number;
}

export interface EncodedRows {
  readonly samples: number;
  readonly features: Features;
  /** Where the table has every target column. */
  readonly targets?: Targets;
  /** "CSV: 3 samples of 4 numbers (new.csv)". */
  readonly description: string;
}

const FORMAT_NAMES = { csv: 'CSV', json: 'JSON', parquet: 'Parquet', npy: 'NPY', idx: 'IDX' } as const;
const EXTENSIONS: Readonly<Record<string, RowFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
  '.parquet': 'parquet',
  '.npy': 'npy',
};

/**
 * Reads and encodes a file. Errors: those of the format's reader; DATA_FORMAT (unknown format, or one that the
 * network's inputs cannot come from), DATA_MISMATCH (missing column, width), DATA_LABEL_RANGE (unknown category).
 */
export async function readRows(path: string, options: RowOptions): Promise<EncodedRows> {
  const format = options.format ?? (await formatOf(path));
  const { input } = options.encoding;
  const rows =
    format === 'npy' || format === 'idx'
      ? await readArray(path, format, { input, memoryBytes: options.memoryBytes ?? availableMemory() })
      : await readTable(path, format, options);
  return { ...rows, description: describeRows(FORMAT_NAMES[format], rows, basename(path)) };
}

/** "CSV: 3 samples of 4 numbers (new.csv)". */
export function describeRows(
  name: string,
  { samples, features: { width, kind } }: Omit<EncodedRows, 'description'>,
  origin: string,
): string {
  const size = `${formatCount(width)} ${kind === 'u8' ? 'byte' : 'number'}${width === 1 ? '' : 's'}`;
  const count = `${formatCount(samples)} sample${samples === 1 ? '' : 's'}`;
  return `${name}: ${count} of ${size} (${origin})`;
}

async function formatOf(path: string): Promise<RowFormat> {
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  const extension = /\.[a-z]+$/.exec(name)?.[0] ?? '';
  const format = Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
  if (format !== undefined) return format;
  const source = openBytes(path);
  try {
    const magic = new Uint8Array(3);
    await source.read(magic);
    if (magic[0] === 0 && magic[1] === 0 && magic[2] === 8) return 'idx';
  } finally {
    source.close();
  }
  const message = `The format of ${path} cannot be told from its name; say which it is: csv, json, parquet, npy or idx.`;
  throw new UserError('DATA_FORMAT', message);
}

async function readArray(
  path: string,
  format: 'npy' | 'idx',
  { input, memoryBytes }: { input: InputEncoding; memoryBytes: number },
): Promise<{ samples: number; features: Features }> {
  if (input.kind === 'columns') {
    const message = `${path} holds numbers without names, but the network takes columns; give CSV, JSON or Parquet with ${listed(input.columns)}.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const scale = input.kind === 'bytes' ? input.scale : undefined;
  let samples: number;
  let features: Features;
  if (format === 'npy') {
    const array = await readNpy(path, memoryBytes);
    if (scale !== undefined && array.type !== 'u1') {
      const message = `${path} holds ${array.type}, but the network takes unsigned bytes; save a.astype("uint8").`;
      throw new UserError('DATA_FORMAT', message);
    }
    samples = array.shape[0] ?? 0;
    features = featuresOf(array, scale);
  } else {
    const { dimensions, bytes } = await readIdxImages(path, memoryBytes);
    samples = dimensions[0] ?? 0;
    const width = sampleWidth(dimensions);
    features = scale === undefined ? floats(bytes, width) : { kind: 'u8', scale, width, rows: bytes };
  }
  return fitArray({ path, samples, features }, input);
}

/** Samples as the network takes them; what is standardized is replaced in place. */
export function fitArray(
  { path, samples, features }: { path: string; samples: number; features: Features },
  input: Exclude<InputEncoding, { kind: 'columns' }>,
): { samples: number; features: Features } {
  if (features.width !== input.width) {
    const message =
      `Samples of ${path} have ${formatCount(features.width)} values, but the network takes ` +
      `${formatCount(input.width)}; give samples of that size.`;
    throw new UserError('DATA_MISMATCH', message);
  }
  if (input.kind === 'numbers' && input.means !== undefined && input.deviations !== undefined) {
    const { means, deviations } = input;
    const far = standardizeRows(features.rows, { means, deviations });
    if (far !== -1) {
      const message = `Sample ${far} of ${path} is too far from the training part to be standardized; correct it.`;
      throw new UserError('DATA_NOT_A_NUMBER', message);
    }
  }
  return { samples, features };
}

function floats(bytes: SharedArrayBuffer, width: number): Features {
  const rows = new SharedArrayBuffer(4 * bytes.byteLength);
  new Float32Array(rows).set(new Uint8Array(bytes));
  return { kind: 'f32', width, rows };
}

async function readTable(
  path: string,
  format: 'csv' | 'json' | 'parquet',
  { encoding, delimiter, memoryBytes = availableMemory() }: RowOptions,
): Promise<{ samples: number; features: Features; targets?: Targets }> {
  const { input, target } = encoding;
  if (input.kind !== 'columns') {
    const message = `${path} is a table, but the network takes samples of ${formatCount(input.width)} values; give NPY or IDX.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const cut = delimiter ?? (/\.tsv$/i.test(path) ? '\t' : ',');
  const file = await openTable(path, format, { delimiter: cut, memoryBytes });
  return encodeTable(file, { columns: input.columns, target, memoryBytes });
}

/** The rows of a table by the columns that the network learnt from. */
export async function encodeTable(
  file: TableFile,
  how: { columns: readonly ColumnEncoding[]; target: TargetEncoding; memoryBytes: number },
): Promise<{ samples: number; features: Features; targets?: Targets }> {
  const { columns, target, memoryBytes } = how;
  const { path } = file;
  for (const { name } of columns) requireColumn(file, name);
  const targetColumns = targetColumnsIn(file, target);
  const table = await file.read([...new Set([...columns.map(({ name }) => name), ...targetColumns])]);
  const width = encodedWidth(columns);
  const what = `${formatCount(table.rows)} rows of ${formatCount(width)} encoded inputs`;
  requireMemory(4 * table.rows * width, memoryBytes, { path, what });
  const part: TablePart = { table, rows: countedRows(table.rows) };
  const unknown = 'is no category that the network learnt; correct it, or leave the row out';
  const features = encodeFeatures(part, columns, { unknown });
  if (targetColumns.length === 0) return { samples: table.rows, features };
  return { samples: table.rows, features, targets: targetsOf(part, targetColumns, target) };
}

/** The target columns, if the file has all of them. */
function targetColumnsIn(file: TableFile, target: TargetEncoding): readonly string[] {
  if (target.kind === 'values')
    return target.names.every((name) => file.names.includes(name)) ? target.names : [];
  return target.column !== undefined && file.names.includes(target.column) ? [target.column] : [];
}

function targetsOf(part: TablePart, names: readonly string[], target: TargetEncoding): Targets {
  const [column = ''] = names;
  if (target.kind === 'classes') {
    const unknown = 'is no class that the network learnt; correct it, or leave the column out';
    return encodeClasses(part, column, { classes: target.names, unknown });
  }
  const encodings = names.map(
    (name, index): ColumnEncoding => ({
      kind: 'number',
      name,
      mean: target.means?.[index] ?? 0,
      deviation: target.deviations?.[index] ?? 1,
    }),
  );
  return encodeValues(part, encodings);
}

/** The names of columns, or of the first few. */
export function listed(columns: readonly ColumnEncoding[]): string {
  const names = columns.map(({ name }) => JSON.stringify(name));
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
