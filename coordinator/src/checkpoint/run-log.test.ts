import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crashFileSystem, crashStates } from './crash-file-system.test.support.ts';
import { interceptedFileSystem, systemError } from './faulty-file-system.test.support.ts';
import { nodeFileSystem } from './file-system.ts';
import { cutLog, openLog, type Schedule } from './run-log.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hivegrad-log-'));
  path = join(directory, 'metrics.jsonl');
});
afterEach(() => rm(directory, { recursive: true }));

const read = (): Promise<string> => readFile(path, 'utf8');

/** A timer that goes off when the test says so. */
function manualTimer(): { schedule: Schedule; pending: (() => void)[]; delays: number[] } {
  const pending: (() => void)[] = [];
  const delays: number[] = [];
  const schedule: Schedule = (action, delayMs) => {
    pending.push(action);
    delays.push(delayMs);
    return () => pending.splice(pending.indexOf(action), 1);
  };
  return { schedule, pending, delays };
}

describe('openLog', () => {
  it('writes one line per record, in order, behind what is there', async () => {
    await writeFile(path, '{"step":0}\n');
    const log = await openLog(path);
    log.append({ step: 1, loss: 0.5 });
    log.append({ step: 2, loss: 0.25 });
    await log.close();
    expect(await read()).toBe('{"step":0}\n{"step":1,"loss":0.5}\n{"step":2,"loss":0.25}\n');
  });

  it('writes lines of one interval together, and sets one timer for them', async () => {
    const { schedule, pending, delays } = manualTimer();
    let writes = 0;
    let written = (): void => undefined;
    const firstWrite = new Promise<void>((resolve) => {
      written = resolve;
    });
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (name !== 'write') return;
      writes += 1;
      written();
    });
    const log = await openLog(path, { fs, schedule });
    for (let step = 1; step <= 1000; step++) log.append({ step });
    expect([delays, writes, await read()]).toEqual([[100], 0, '']);
    pending.shift()?.();
    await firstWrite;
    log.append({ step: 1001 });
    expect(delays).toEqual([100, 100]);
    await log.close();
    expect(writes).toBe(2);
    expect(pending).toEqual([]);
    const steps = (await read())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).step);
    expect(steps).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  });

  it('has every line on the disk when flush returns', async () => {
    const fs = crashFileSystem();
    const log = await openLog('/m', { fs, schedule: manualTimer().schedule });
    await fs.fsyncDirectory('/');
    log.append({ step: 1 });
    await log.flush();
    for (const state of crashStates(fs.initial, fs.operations)) {
      expect(Buffer.from(state.get('/m') ?? []).toString()).toBe('{"step":1}\n');
    }
  });

  it('reports a failed write at the next append, flush and close, and writes nothing behind half a line', async () => {
    const { schedule, pending } = manualTimer();
    let full = true;
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (!full || name !== 'write') return;
      full = false;
      // A line that comes while the write is under way.
      log.append({ step: 2 });
      throw systemError('ENOSPC');
    });
    const log = await openLog(path, { fs, schedule });
    log.append({ step: 1 });
    pending.shift()?.();
    const diskFull = { code: 'DISK_FULL', message: expect.stringContaining(path) };
    await expect(log.flush()).rejects.toMatchObject(diskFull);
    expect(() => log.append({ step: 3 })).toThrow(expect.objectContaining(diskFull));
    await expect(log.close()).rejects.toMatchObject(diskFull);
    expect(await read()).toBe('');
  });

  it('takes no line after it was closed, and closes once', async () => {
    const log = await openLog(path);
    await log.close();
    await log.close();
    expect(() => log.append({ step: 1 })).toThrow('is closed');
  });

  it('names a directory that does not exist', async () => {
    await expect(openLog(join(directory, 'x', 'm'))).rejects.toMatchObject({ code: 'RUN_NOT_WRITABLE' });
  });
});

describe('cutLog', () => {
  it('drops later steps and a torn last line, and counts them', async () => {
    await writeFile(path, '{"step":1}\n{"step":2,"loss":"\u00e9"}\n{"step":2}\n{"step":3}\n{"step":1');
    expect(await cutLog(path, 2)).toBe(2);
    expect(await read()).toBe('{"step":1}\n{"step":2,"loss":"\u00e9"}\n{"step":2}\n');
  });

  it('drops a last line that lacks only its line feed, so that the next line does not join it', async () => {
    await writeFile(path, '{"step":1}\n{"step":2}');
    expect(await cutLog(path, 2)).toBe(1);
    expect(await read()).toBe('{"step":1}\n');
  });

  it('drops lines that are no records', async () => {
    await writeFile(path, '{"step":1}\n\0\0\0\n7\n{"step":"1"}\n\n{"step":1}\n');
    expect(await cutLog(path, 2)).toBe(4);
    expect(await read()).toBe('{"step":1}\n{"step":1}\n');
  });

  it('writes nothing when there is nothing to drop', async () => {
    await writeFile(path, '{"step":1}\n');
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (name !== 'readFile') throw systemError('EROFS');
    });
    expect(await cutLog(path, 1, fs)).toBe(0);
  });

  it('takes a log that does not exist for an empty one', async () => {
    expect(await cutLog(path, 1)).toBe(0);
  });

  it('leaves the whole log or the cut one after a power cut at any operation', async () => {
    const whole = '{"step":1}\n{"step":2}\n';
    const initial = new Map([
      ['/', null],
      ['/m', Buffer.from(whole)],
    ]);
    const fs = crashFileSystem(initial);
    await cutLog('/m', 1, fs);
    for (let end = 0; end <= fs.operations.length; end++) {
      for (const state of crashStates(initial, fs.operations.slice(0, end))) {
        expect([whole, '{"step":1}\n']).toContain(Buffer.from(state.get('/m') ?? []).toString());
      }
    }
  });

  it('makes the log of an interrupted run that of an uninterrupted one', async () => {
    const record = (step: number): { step: number; loss: number } => ({ step, loss: 1 / step });
    const interrupted = await openLog(path);
    for (let step = 1; step <= 7; step++) interrupted.append(record(step));
    await interrupted.close();
    // The checkpoint is that of step 5.
    await cutLog(path, 5);
    const resumed = await openLog(path);
    for (let step = 6; step <= 9; step++) resumed.append(record(step));
    await resumed.close();
    const lines = Array.from({ length: 9 }, (_, index) => `${JSON.stringify(record(index + 1))}\n`);
    expect(await read()).toBe(lines.join(''));
  });
});
