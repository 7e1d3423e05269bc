/**
 * Files and directories that are there after a power cut, whole or not at all. The bytes go to a
 * temporary file beside the target and are synced before the rename, so the name never leads to half a
 * file; then the directory is synced, so the name itself stays.
 */

import { dirname } from 'node:path';
import { type FileSystem, hasCode, type OpenFile } from './file-system.ts';

export const TEMPORARY_SUFFIX = '.tmp';

/** Where a test may stop the program: before and after everything that changes the disk. */
export type Failpoint = `${'before' | 'after'} ${'write' | 'fsync' | 'rename' | 'directory fsync'}`;

/**
 * Writes the file `path`. When this returns, `bytes` are on the disk; when it throws, the temporary
 * file is removed and an earlier file of that name is as it was, or already replaced by the new one.
 */
export async function writeDurably(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  onFailpoint?: (name: Failpoint) => void,
): Promise<void> {
  const temporary = path + TEMPORARY_SUFFIX;
  try {
    await usingFile(await fs.open(temporary, 'write'), async (file) => {
      onFailpoint?.('before write');
      await file.write(bytes);
      onFailpoint?.('after write');
      onFailpoint?.('before fsync');
      await file.fsync();
      onFailpoint?.('after fsync');
    });
    onFailpoint?.('before rename');
    await fs.rename(temporary, path);
    onFailpoint?.('after rename');
    onFailpoint?.('before directory fsync');
    await fs.fsyncDirectory(dirname(path));
    onFailpoint?.('after directory fsync');
  } catch (error) {
    // The first error is the one to report: a disk that just failed may refuse this too.
    await fs.unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Creates a directory and those above it where they are missing; when this returns it is durable. */
export async function makeDirectory(fs: FileSystem, path: string): Promise<void> {
  const parent = dirname(path);
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT') && parent !== path) {
      await makeDirectory(fs, parent);
      await fs.mkdir(path);
    } else if (!hasCode(error, 'EEXIST')) throw error;
  }
  // Also for one that exists: whoever made it may have been killed before this call.
  await fs.fsyncDirectory(parent);
}

/** Removes a file; that it was gone already is no error. */
export async function removeFile(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function usingFile(file: OpenFile, use: (file: OpenFile) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
}
