/** Small files for the tests of the loaders, in a temporary directory that goes when a test ends. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Features } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { onTestFinished } from 'vitest';

/** Writes `files` (relative name to content) and returns the directory. */
export function writeTestFiles(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'hivegrad-data-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return directory;
}

/** An IDX file of unsigned bytes. */
export function encodeIdx(dimensions: readonly number[], bytes: readonly number[]): Uint8Array {
  const file = new Uint8Array(4 + 4 * dimensions.length + bytes.length);
  const view = new DataView(file.buffer);
  file[2] = 0x08;
  file[3] = dimensions.length;
  for (const [axis, dimension] of dimensions.entries()) view.setUint32(4 + 4 * axis, dimension);
  file.set(bytes, 4 + 4 * dimensions.length);
  return file;
}

/** Waits for a {@link UserError} and returns "CODE message", with the directory's path cut out. */
export async function failureOf(work: Promise<unknown>, directory: string): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error ?? new Error('nothing was thrown');
  return `${error.code} ${error.message}`.replaceAll(`${directory}/`, '').replaceAll(directory, 'DIR');
}

/** An NPY file of version 1.0, as numpy.save writes it. */
export function encodeNpy(
  descr: string,
  shape: readonly number[],
  content: ArrayBufferView,
  { fortran = false, version = 1 }: { fortran?: boolean; version?: number } = {},
): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${sizes}), }`;
  const prefix = version === 1 ? 10 : 12;
  // The elements begin at a multiple of 64 bytes, and a line end closes the header.
  const header = `${text.padEnd(64 * Math.ceil((prefix + text.length + 1) / 64) - prefix - 1)}\n`;
  const start = Buffer.alloc(prefix);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  return new Uint8Array(Buffer.concat([start, Buffer.from(header, 'latin1'), bytes]));
}

/** Feature rows of a part as lists. */
export function rowsOf(features: Features): number[][] {
  const values = features.kind === 'u8' ? new Uint8Array(features.rows) : new Float32Array(features.rows);
  const count = values.length / features.width;
  return Array.from({ length: count }, (_, row) => [
    ...values.subarray(row * features.width, (row + 1) * features.width),
  ]);
}
