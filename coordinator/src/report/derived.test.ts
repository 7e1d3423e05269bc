import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interceptedFileSystem, systemError } from '../checkpoint/faulty-file-system.test.support.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import type { MetricsRecord } from '../metrics/record.ts';
import { csvHeader, csvRow } from './csv.ts';
import { EVENT_DIRECTORY, METRICS_CSV, openDerived } from './derived.ts';
import { readEvents } from './tensorboard.test.support.ts';
import { EVENT_FILE } from './tensorboard.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hivegrad-derived-'));
});
afterEach(() => rm(directory, { recursive: true }));

const records: readonly MetricsRecord[] = Array.from({ length: 6 }, (_, i) => ({
  step: 10 * (i + 1),
  epoch: 1,
  kind: 'train',
  seconds: i / 4,
  loss: 1 / (i + 1),
}));
const startedAt = 1_700_000_000;
const contents = async () => ({
  csv: await readFile(join(directory, METRICS_CSV), 'utf8'),
  events: await readFile(join(directory, EVENT_DIRECTORY, EVENT_FILE)),
});

describe('openDerived', () => {
  it('leaves the same files whether records were there or came later, and whatever was in them', async () => {
    const appended = await openDerived(directory, [], { startedAt });
    for (const record of records) appended.append(record);
    await appended.close();
    const expected = await contents();
    expect(expected.csv).toBe(csvHeader + records.map(csvRow).join(''));
    expect(readEvents(expected.events).map(({ step, wallTime }) => [step, wallTime - startedAt])).toEqual([
      [0, 0],
      ...records.map(({ step, seconds }) => [step, seconds]),
    ]);

    await writeFile(join(directory, METRICS_CSV), `${expected.csv}torn`);
    const resumed = await openDerived(directory, records.slice(0, 4), { startedAt });
    for (const record of records.slice(4)) resumed.append(record);
    await resumed.close();
    expect(await contents()).toEqual(expected);
  });

  it('goes on in time where a resumed process counts from 0 again', async () => {
    const derived = await openDerived(directory, records.slice(0, 5), { startedAt });
    derived.append({ ...records[5]!, seconds: 0.5 });
    await derived.close();
    expect(readEvents((await contents()).events).at(-1)?.wallTime).toBe(startedAt + 1 + 0.5);
  });

  it('gathers the records of one interval into one write a file', async () => {
    const pending: (() => void)[] = [];
    const delays: number[] = [];
    const schedule = (action: () => void, delayMs: number) => {
      pending.push(action);
      delays.push(delayMs);
      return () => undefined;
    };
    let writes = 0;
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (name === 'write') writes += 1;
    });
    const derived = await openDerived(directory, [], { startedAt, fs, schedule });
    writes = 0;
    for (const record of records) derived.append(record);
    expect([writes, delays]).toEqual([0, [100, 100]]);
    await derived.close();
    expect(writes).toBe(2);
    expect((await contents()).csv).toBe(csvHeader + records.map(csvRow).join(''));
  });

  it('explains a disk that fails, closes both files, and takes no record after it', async () => {
    let failing = false;
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (failing && name === 'write') throw systemError('ENOSPC');
    });
    const derived = await openDerived(directory, [], { startedAt, fs });
    failing = true;
    derived.append(records[0]!);
    const closing = derived.close();
    await expect(closing).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(closing).rejects.toThrow(join(directory, METRICS_CSV));
    await expect(derived.close()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(() => derived.append(records[1]!)).toThrow('is closed');
  });

  it.each(['mkdir', 'open', 'rename'] as const)('explains a %s that is refused', async (refused) => {
    const fs = interceptedFileSystem(nodeFileSystem, (_, name) => {
      if (name === refused) throw systemError('EACCES');
    });
    await expect(openDerived(directory, records, { startedAt, fs })).rejects.toMatchObject({
      code: 'RUN_NOT_WRITABLE',
    });
  });
});
