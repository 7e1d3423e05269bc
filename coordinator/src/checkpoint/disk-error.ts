/** What the system says about a disk, in sentences that name the path and the remedy. */

import { UserError, type UserErrorCode } from '@hivegrad/shared/errors';

interface Trouble {
  readonly code: UserErrorCode;
  readonly problem: string;
  readonly remedy: string;
}

const full: Trouble = {
  code: 'DISK_FULL',
  problem: 'there is no space left on the disk',
  remedy:
    'Free some space and resume the run (what was saved before is untouched), or choose another directory',
};

const readOnly: Trouble = {
  code: 'RUN_NOT_WRITABLE',
  problem: 'the file system is read-only',
  remedy: 'Mount it for writing or choose another directory',
};

const forbidden: Trouble = {
  code: 'RUN_NOT_WRITABLE',
  problem: 'this user lacks the permission',
  remedy: 'Change the permissions or choose another directory',
};

const gone: Trouble = {
  code: 'RUN_NOT_WRITABLE',
  problem: 'its directory does not exist (any more)',
  remedy: 'Put the directory back or choose another one',
};

const notADirectory: Trouble = {
  code: 'RUN_NOT_WRITABLE',
  problem: 'a part of this path is a file where a directory is needed',
  remedy: 'Choose another directory',
};

const isDirectory: Trouble = {
  code: 'RUN_NOT_WRITABLE',
  problem: 'it is a directory where a file is needed',
  remedy: 'Name a file in it, or another path',
};

const tooManyFiles: Trouble = {
  code: 'TOO_MANY_FILES',
  problem: 'too many files are open',
  remedy: 'Raise the limit (ulimit -n), or close other programs, and resume the run',
};

const failed: Trouble = {
  code: 'DISK_FAILED',
  problem: 'the disk reports an input/output error',
  remedy: 'Check the disk; the run can be copied to another one and resumed there',
};

const troubles: Readonly<Record<string, Trouble>> = {
  ENOSPC: full,
  EDQUOT: full,
  EROFS: readOnly,
  EACCES: forbidden,
  EPERM: forbidden,
  ENOENT: gone,
  ENOTDIR: notADirectory,
  EEXIST: notADirectory,
  EISDIR: isDirectory,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EIO: failed,
};

/**
 * Awaits `work` and turns what the system says about the disk into a UserError (`DISK_FULL`,
 * `RUN_NOT_WRITABLE`, `TOO_MANY_FILES` or `DISK_FAILED`) that names `path`. Other errors pass.
 */
export async function explainDiskErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UserError || !('code' in error)) throw error;
    const trouble = troubles[String(error.code)];
    if (trouble === undefined) throw error;
    const message = `Cannot use ${path}: ${trouble.problem}. ${trouble.remedy}.`;
    throw new UserError(trouble.code, message, { cause: error });
  }
}
