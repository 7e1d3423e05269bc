/**
 * The files that are made from the records of a run as they come: metrics.csv and an event file for TensorBoard.
 * Opening writes them anew from the records that metrics.jsonl holds then, so after a resume they are again what an
 * uninterrupted run would have left (but for times); after that each record is appended. They are for people to
 * look at while a run works and can be made again, so nothing waits for them to be on the disk.
 */

import { join } from 'node:path';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { makeDirectory, writeDurably } from '../checkpoint/durable.ts';
import { type FileSystem, nodeFileSystem, type OpenFile } from '../checkpoint/file-system.ts';
import type { Schedule } from '../checkpoint/run-log.ts';
import { type MetricsRecord, trainingClock } from '../metrics/record.ts';
import { csvHeader, csvRow } from './csv.ts';
import { EVENT_FILE, eventFileStart, recordEvent } from './tensorboard.ts';

export const METRICS_CSV = 'metrics.csv';
export const EVENT_DIRECTORY = 'tensorboard';

export interface DerivedFiles {
  /** Adds a record, to be written soon. Throws the error of an earlier write that failed meanwhile. */
  append(record: MetricsRecord): void;
  /** Writes what is left and closes; throws the first error there was. A second call does nothing more. */
  close(): Promise<void>;
}

export interface DerivedOptions {
  /** When the run began, in seconds since 1970: event k is at this time plus the time of training until then. */
  readonly startedAt: number;
  readonly fs?: FileSystem;
  readonly schedule?: Schedule;
}

const INTERVAL_MS = 100;

const timer: Schedule = (action, delayMs) => {
  const handle = setTimeout(action, delayMs);
  return () => clearTimeout(handle);
};

/**
 * Writes the files of `directory` from `records`, those of metrics.jsonl after it was cut, and keeps them open.
 * Errors are those of `explainDiskErrors`.
 */
export async function openDerived(
  directory: string,
  records: readonly MetricsRecord[],
  options: DerivedOptions,
): Promise<DerivedFiles> {
  const { startedAt, fs = nodeFileSystem, schedule = timer } = options;
  const trainedFor = trainingClock();
  const rowOf = (record: MetricsRecord) => new TextEncoder().encode(csvRow(record));
  const eventOf = (record: MetricsRecord) => recordEvent(record, startedAt + trainedFor(record));
  const eventDirectory = join(directory, EVENT_DIRECTORY);
  await explainDiskErrors(eventDirectory, () => makeDirectory(fs, eventDirectory));

  const csv = await openStream(join(directory, METRICS_CSV), { fs, schedule }, [
    new TextEncoder().encode(csvHeader),
    ...records.map(rowOf),
  ]);
  let events: Stream;
  try {
    const start = [eventFileStart(startedAt), ...records.map(eventOf)];
    events = await openStream(join(eventDirectory, EVENT_FILE), { fs, schedule }, start);
  } catch (error) {
    await csv.close().catch(() => undefined);
    throw error;
  }
  return {
    append(record) {
      csv.append(rowOf(record));
      events.append(eventOf(record));
    },
    async close() {
      const outcomes = await Promise.allSettled([csv.close(), events.close()]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

interface Stream {
  append(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** A file that begins with `start` whatever was there, and takes appended bytes at most ten times a second. */
async function openStream(
  path: string,
  { fs, schedule }: { readonly fs: FileSystem; readonly schedule: Schedule },
  start: readonly Uint8Array[],
): Promise<Stream> {
  const file = await explainDiskErrors(path, async (): Promise<OpenFile> => {
    await writeDurably(fs, path, Buffer.concat(start));
    return fs.open(path, 'append');
  });
  let waiting: Uint8Array[] = [];
  let cancel: (() => void) | undefined;
  let failure: { readonly error: unknown } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;

  /** After a failed write, which may have left half a record, there is no other. */
  const write = (): Promise<void> => {
    cancel?.();
    cancel = undefined;
    writing = writing.then(async () => {
      const part = Buffer.concat(waiting);
      waiting = [];
      if (failure !== undefined || part.length === 0) return;
      await explainDiskErrors(path, () => file.write(part)).catch((error: unknown) => {
        failure = { error };
      });
    });
    return writing;
  };
  const throwFailure = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  const closeNow = async (): Promise<void> => {
    await write();
    await explainDiskErrors(path, () => file.close());
    throwFailure();
  };
  return {
    append(bytes) {
      if (closed !== undefined) throw new Error(`the file ${path} is closed`);
      throwFailure();
      waiting.push(bytes);
      cancel ??= schedule(() => void write(), INTERVAL_MS);
    },
    close() {
      closed ??= closeNow();
      return closed;
    },
  };
}
