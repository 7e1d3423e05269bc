/**
 * Death on purpose, for tests of recovery. In: a file system and the value of HIVEGRAD_FAILPOINT; out: the same file
 * system, but the process is killed at the chosen call, so a test need not hope that a signal arrives just then.
 * A value reads `<before|during|after> <call> [<part of the path>]:<count>`, for example `after rename step-:3`:
 * right after the third rename of a path that holds `step-`. `during` is for `write` alone and leaves half of it.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { FileSystem, OpenFile } from '../checkpoint/file-system.ts';

type Call = keyof FileSystem | Exclude<keyof OpenFile, 'close'>;

interface Failpoint {
  readonly when: string;
  readonly call: string;
  readonly part: string;
  readonly count: number;
}

const CALLS = [
  'open',
  'write',
  'fsync',
  'readFile',
  'readdir',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'fsyncDirectory',
] as const satisfies readonly Call[];
const POINT = /^(before|during|after) (\w+)(?: (\S+))?:([1-9]\d{0,5})$/;

/** `fs` itself where no `value` is given. `die` ends the process and does not come back. */
export function withFailpoint(fs: FileSystem, value: string | undefined, die: () => unknown): FileSystem {
  if (value === undefined || value === '') return fs;
  const point = parseFailpoint(value);
  let left = point.count;
  const at = async <R>(call: Call, path: string, work: () => Promise<R>, half?: () => Promise<void>) => {
    const here = point.call === call && path.includes(point.part) && --left === 0;
    if (here && point.when === 'during') await half?.();
    if (here && point.when !== 'after') die();
    const result = await work();
    if (here) die();
    return result;
  };
  return {
    open: (path, mode) =>
      at('open', path, async () => {
        const file = await fs.open(path, mode);
        return {
          write: (bytes) =>
            at(
              'write',
              path,
              () => file.write(bytes),
              () => file.write(bytes.subarray(0, bytes.length >> 1)),
            ),
          fsync: () => at('fsync', path, file.fsync),
          close: file.close,
        };
      }),
    readFile: (path) => at('readFile', path, () => fs.readFile(path)),
    readdir: (path) => at('readdir', path, () => fs.readdir(path)),
    rename: (from, to) => at('rename', to, () => fs.rename(from, to)),
    link: (existing, path) => at('link', path, () => fs.link(existing, path)),
    unlink: (path) => at('unlink', path, () => fs.unlink(path)),
    mkdir: (path) => at('mkdir', path, () => fs.mkdir(path)),
    fsyncDirectory: (path) => at('fsyncDirectory', path, () => fs.fsyncDirectory(path)),
  };
}

function parseFailpoint(value: string): Failpoint {
  const [, when = '', call = '', part = '', count] = POINT.exec(value) ?? [];
  const known = (CALLS as readonly string[]).includes(call) && (when !== 'during' || call === 'write');
  if (known) return { when, call, part, count: Number(count) };
  throw new UserError(
    'CONFIG_INVALID',
    `The environment variable HIVEGRAD_FAILPOINT, which kills the process for a test, is ${JSON.stringify(value)}. ` +
      `Unset it, or write e.g. "after rename step-:3" with one of the calls ${CALLS.join(', ')}.`,
  );
}
