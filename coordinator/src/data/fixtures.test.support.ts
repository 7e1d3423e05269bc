/** Small files for the tests of the loaders, in a temporary directory that goes when a test ends. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
