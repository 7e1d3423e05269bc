/**
 * A file system for commands that only look at a run. Opening a store creates its directory and removes what an
 * interrupted save left; here both do nothing, since another process may be saving at this moment, and the disk
 * may be read-only.
 */

import { type FileSystem, hasCode } from './file-system.ts';

export function readOnly(fs: FileSystem): FileSystem {
  const nothing = async (): Promise<void> => {};
  const refuse = (): Promise<never> => Promise.reject(new Error('this file system is for reading'));
  return {
    readFile: (path) => fs.readFile(path),
    async readdir(path) {
      try {
        return await fs.readdir(path);
      } catch (error) {
        // The directory that would have been created.
        if (hasCode(error, 'ENOENT')) return [];
        throw error;
      }
    },
    mkdir: nothing,
    unlink: nothing,
    fsyncDirectory: nothing,
    open: refuse,
    rename: refuse,
    link: refuse,
  };
}
