import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { interceptedFileSystem } from './faulty-file-system.test.support.ts';
import { nodeFileSystem } from './file-system.ts';
import { type LockHolder, type RunLock, takeLock } from './run-lock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hivegrad-lock-'));
  path = join(directory, 'run.lock');
});
afterEach(() => rm(directory, { recursive: true }));

const deadToken = 'dead'.repeat(4);

/** A lock left by a process that has ended. */
async function leaveDeadLock(file = path, token = deadToken): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['--version']);
  await leaveLock({ pid, token }, file);
}

async function leaveLock(holder: Partial<LockHolder>, file = path): Promise<void> {
  const whole: LockHolder = {
    host: hostname(),
    pid: process.pid,
    started: null,
    token: deadToken,
    ...holder,
  };
  await writeFile(file, JSON.stringify(whole));
}

async function holderOf(file = path): Promise<LockHolder> {
  return JSON.parse(await readFile(file, 'utf8'));
}

/** The lock, or undefined where it is in use. */
async function tryTake(fs = nodeFileSystem): Promise<RunLock | undefined> {
  return takeLock(path, fs).catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'RUN_IN_USE') return undefined;
    throw error;
  });
}

it('refuses the second taker and names the process, until the first gives the lock back', async () => {
  const lock = await takeLock(path, nodeFileSystem);
  await expect(takeLock(path, nodeFileSystem)).rejects.toMatchObject({
    code: 'RUN_IN_USE',
    message: `Process ${process.pid} on ${hostname()} holds ${path}. Stop that process or choose another directory.`,
  });
  expect(await readdir(directory)).toEqual(['run.lock']);
  await lock.release();
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
  await (await takeLock(path, nodeFileSystem)).release();
});

it('takes over the lock of a process that has ended, and leaves nothing beside it', async () => {
  await leaveDeadLock();
  await takeLock(path, nodeFileSystem);
  expect(await holderOf()).toMatchObject({ pid: process.pid, host: hostname() });
  expect(await readdir(directory)).toEqual(['run.lock']);
});

it('takes over the lock of a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await leaveLock({ pid });
  expect(await tryTake()).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await tryTake()).toBeDefined();
});

it('refuses the lock of a process of another user', async () => {
  // Process 1 always exists and is not ours to stop.
  await leaveLock({ pid: 1 });
  expect(await tryTake()).toBeUndefined();
});

it('refuses the lock of another host, and says what to do if that host is gone', async () => {
  await leaveLock({ host: 'elsewhere', pid: 4_000_000 });
  await expect(takeLock(path, nodeFileSystem)).rejects.toMatchObject({
    code: 'RUN_IN_USE',
    message: expect.stringContaining('if elsewhere does not run it any more, delete the file'),
  });
});

it('takes over when the pid belongs to a process that started at another time', async () => {
  const lock = await takeLock(path, nodeFileSystem);
  const { started } = await holderOf();
  // Only Linux tells when a process started; elsewhere a pid alone is what a lock knows.
  if (process.platform !== 'linux') return expect(started).toBeNull();
  expect(started).toMatch(/^\d+$/);
  await lock.release();
  await leaveLock({ started });
  expect(await tryTake()).toBeUndefined();
  await leaveLock({ started: `${started}0` });
  expect(await tryTake()).toBeDefined();
});

it.each([
  '',
  '{"host":"a"}',
  '[]',
  `{"host":"h","pid":0,"token":"${deadToken}"}`,
  '{"host":"h","pid":5,"token":"../../x"}',
])('refuses an unreadable lock %j rather than guess', async (content) => {
  await writeFile(path, content);
  await expect(takeLock(path, nodeFileSystem)).rejects.toMatchObject({
    code: 'RUN_IN_USE',
    message: `The lock ${path} cannot be read. Delete it if no other process uses this run.`,
  });
});

it('does not give back the lock that another process has taken meanwhile', async () => {
  const lock = await takeLock(path, nodeFileSystem);
  await rm(path);
  await leaveLock({ host: 'elsewhere' });
  await lock.release();
  expect(await holderOf()).toMatchObject({ host: 'elsewhere' });
});

it('takes over from a process that ended while it took over itself', async () => {
  await leaveDeadLock();
  await leaveDeadLock(`${path}.${deadToken}`, 'beef'.repeat(4));
  await takeLock(path, nodeFileSystem);
  expect(await holderOf()).toMatchObject({ pid: process.pid });
  expect(await readdir(directory)).toEqual(['run.lock']);
});

it('goes to exactly one of many who find a dead lock at once', async () => {
  for (let round = 0; round < 5; round++) {
    await leaveDeadLock();
    const locks = await Promise.all(Array.from({ length: 8 }, () => tryTake()));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  }
});

it('goes to exactly one of two, at whichever call the first is overtaken', async () => {
  let reached = true;
  for (let pause = 0; reached; pause++) {
    await leaveDeadLock();
    reached = false;
    let overtaker: RunLock | undefined;
    const slow = interceptedFileSystem(nodeFileSystem, async (call) => {
      if (call !== pause) return;
      reached = true;
      overtaker = await tryTake();
    });
    const first = await tryTake(slow);
    const holders = [first, overtaker].filter((lock) => lock !== undefined);
    expect([pause, holders.length]).toEqual([pause, 1]);
    expect(await readdir(directory)).toEqual(['run.lock']);
    await holders[0]?.release();
    expect(await readdir(directory)).toEqual([]);
  }
});
