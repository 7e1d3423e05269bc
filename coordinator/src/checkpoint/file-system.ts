/**
 * The calls that runs and checkpoints make to a file system, as a port: tests put a disk behind it
 * that fails at a chosen call or loses what was not synced. Errors are those of Node, with a `code`.
 */

import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

export interface OpenFile {
  /** Appends all bytes, or fails after any part of them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when everything written is on the disk. */
  fsync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** `write` empties a file that exists, `append` goes on at its end; both create a missing one. */
  open(path: string, mode: 'write' | 'append'): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  /** Names, without the directory. */
  readdir(path: string): Promise<string[]>;
  /** Replaces `to` in one indivisible step. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails with EEXIST where there is one: the indivisible "create if absent". */
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** One level; fails with EEXIST where there is something. */
  mkdir(path: string): Promise<void>;
  /** Returns when the names in this directory are on the disk. */
  fsyncDirectory(path: string): Promise<void>;
}

/** One call to the system moves less than 2^31 bytes. */
const CHUNK_BYTES = 2 ** 26;

export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const file = await open(path, mode === 'write' ? 'w' : 'a');
    return {
      async write(bytes) {
        for (let at = 0; at < bytes.length; ) {
          // The system may take fewer bytes than it was given.
          const { bytesWritten } = await file.write(bytes, at, Math.min(CHUNK_BYTES, bytes.length - at));
          at += bytesWritten;
        }
      },
      fsync: () => file.sync(),
      close: () => file.close(),
    };
  },

  async readFile(path) {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array((await file.stat()).size);
      let length = 0;
      while (length < bytes.length) {
        const wanted = Math.min(CHUNK_BYTES, bytes.length - length);
        const { bytesRead } = await file.read(bytes, length, wanted);
        // The file shrank since its size was taken.
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  },

  readdir: (path) => readdir(path),
  rename: (from, to) => rename(from, to),
  link: (existing, path) => link(existing, path),
  unlink: (path) => unlink(path),
  mkdir: (path) => mkdir(path),

  async fsyncDirectory(path) {
    // Windows opens no directories; its file systems journal the names themselves.
    if (process.platform === 'win32') return;
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } catch (error) {
      // Some file systems, such as those over a network, know no syncing of directories.
      if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error;
    } finally {
      await directory.close();
    }
  },
};

/** Whether a caught value is a system error with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
