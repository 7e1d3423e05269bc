/**
 * The lock of a run directory: at most one live process holds it, and it is taken over, without a
 * person's help, when its holder is gone.
 *
 * A lock is a file with complete content that appears in one step (link), so nobody ever reads half of
 * one. To replace the lock of a dead holder, a process first takes the lock on that very holder, a file
 * named after the holder's random token. Only its owner may replace the dead lock, and whoever takes it
 * too late sees that the dead lock is not there any more.
 */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { UserError } from '@hivegrad/shared/errors';
import { removeFile } from './durable.ts';
import { type FileSystem, hasCode } from './file-system.ts';

export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where the system tells: a pid may be used again. */
  readonly started: string | null;
  /** Unique for every lock ever taken. */
  readonly token: string;
}

export interface RunLock {
  /** Gives the lock back; a second call does nothing. */
  release(): Promise<void>;
}

/** Takes the lock file `path`. @throws UserError `RUN_IN_USE` that names the process that holds it. */
export async function takeLock(path: string, fs: FileSystem): Promise<RunLock> {
  const started = (await processStat(process.pid))?.started ?? null;
  const token = randomBytes(8).toString('hex');
  const mine: LockHolder = { host: hostname(), pid: process.pid, started, token };
  await take(path, mine, { lockPath: path, fs });
  return {
    async release() {
      // Someone may have deleted the file by hand, and a third process may hold a new one.
      if ((await readHolder(path, fs))?.token === token) await removeFile(fs, path);
    },
  };
}

/** When this returns, `path` holds `mine`, and until it is released no other process can come to that. */
async function take(
  path: string,
  mine: LockHolder,
  context: { readonly lockPath: string; readonly fs: FileSystem },
): Promise<void> {
  const { lockPath, fs } = context;
  for (;;) {
    if (await linkNew(path, mine, context)) return;
    const holder = await readHolder(path, fs);
    // It was released between the two calls.
    if (holder === undefined) continue;
    if (await isAlive(holder)) throw inUse(lockPath, holder);
    const succession = `${lockPath}.${holder.token}`;
    await take(succession, mine, context);
    try {
      if ((await readHolder(path, fs))?.token === holder.token) {
        await withTemporary(mine, context, (temporary) => fs.rename(temporary, path));
        return;
      }
    } finally {
      await removeFile(fs, succession);
    }
  }
}

/** Creates `path` with its whole content unless it exists. */
async function linkNew(
  path: string,
  mine: LockHolder,
  context: { readonly lockPath: string; readonly fs: FileSystem },
): Promise<boolean> {
  try {
    await withTemporary(mine, context, (temporary) => context.fs.link(temporary, path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function withTemporary(
  mine: LockHolder,
  { lockPath, fs }: { readonly lockPath: string; readonly fs: FileSystem },
  use: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${lockPath}.${mine.token}.tmp`;
  try {
    const file = await fs.open(temporary, 'write');
    try {
      await file.write(new TextEncoder().encode(`${JSON.stringify(mine)}\n`));
      // A power cut must not leave an empty lock, which would tell nobody who held it.
      await file.fsync();
    } finally {
      await file.close();
    }
    await use(temporary);
  } finally {
    await fs.unlink(temporary).catch(() => undefined);
  }
}

async function readHolder(path: string, fs: FileSystem): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = new TextDecoder().decode(await fs.readFile(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return parseHolder(text) ?? refuseUnreadable(path);
}

function parseHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, pid, started, token } = value as Partial<Record<keyof LockHolder, unknown>>;
  if (typeof host !== 'string' || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1)
    return undefined;
  // The token becomes part of a file name.
  if (typeof token !== 'string' || !/^[0-9a-f]{16}$/.test(token)) return undefined;
  return { host, pid, started: typeof started === 'string' ? started : null, token };
}

function refuseUnreadable(path: string): never {
  const message = `The lock ${path} cannot be read. Delete it if no other process uses this run.`;
  throw new UserError('RUN_IN_USE', message);
}

function inUse(lockPath: string, { host, pid }: LockHolder): UserError {
  const advice =
    host === hostname()
      ? 'Stop that process or choose another directory.'
      : `Stop that process or choose another directory; if ${host} does not run it any more, delete the file.`;
  return new UserError('RUN_IN_USE', `Process ${pid} on ${host} holds ${lockPath}. ${advice}`);
}

/** Processes of other hosts count as alive: nothing here can tell. */
async function isAlive({ host, pid, started }: LockHolder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to someone else.
    if (hasCode(error, 'ESRCH')) return false;
  }
  const stat = await processStat(pid);
  if (stat === undefined) return true;
  // A zombie is dead; in a container without an init process it may stay for ever.
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return started === null || started === stat.started;
}

/** State and start time (fields 3 and 22 of proc_pid_stat(5)), where there is a /proc. */
async function processStat(pid: number): Promise<{ state: string; started: string } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the name in parentheses, and may itself contain spaces and parentheses.
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const started = fields[18];
    return state === undefined || started === undefined ? undefined : { state, started };
  } catch {
    return undefined;
  }
}
