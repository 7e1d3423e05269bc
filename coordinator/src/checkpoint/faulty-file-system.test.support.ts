/** File systems that call back before every call, to fail there or to let another process go first. */

import type { FileSystem, OpenFile } from './file-system.ts';

/** `before` is awaited ahead of every call, with the number of the call (from 0) and its name. */
export function interceptedFileSystem(
  fs: FileSystem,
  before: (call: number, name: keyof FileSystem | keyof OpenFile) => void | Promise<void>,
): FileSystem {
  let calls = 0;
  const intercept = <A extends unknown[], R>(
    name: keyof FileSystem | keyof OpenFile,
    call: (...args: A) => Promise<R>,
  ) => {
    return async (...args: A): Promise<R> => {
      await before(calls++, name);
      return call(...args);
    };
  };
  return {
    open: intercept('open', async (...args) => {
      const file = await fs.open(...args);
      return {
        write: intercept('write', file.write),
        fsync: intercept('fsync', file.fsync),
        // Without the hook: a file is always given back.
        close: file.close,
      };
    }),
    readFile: intercept('readFile', fs.readFile),
    readdir: intercept('readdir', fs.readdir),
    rename: intercept('rename', fs.rename),
    link: intercept('link', fs.link),
    unlink: intercept('unlink', fs.unlink),
    mkdir: intercept('mkdir', fs.mkdir),
    fsyncDirectory: intercept('fsyncDirectory', fs.fsyncDirectory),
  };
}

/** An error like those of the system. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
