/**
 * An append-only log of a run, such as metrics.jsonl: one JSON object with a `step` per line.
 * Lines are gathered and written at most ten times a second. `flush` before a checkpoint puts every
 * line up to its step on the disk; `cutLog` at resume removes every line after it: so but for times the
 * log of an interrupted run is that of an uninterrupted one.
 */

import { explainDiskErrors } from './disk-error.ts';
import { writeDurably } from './durable.ts';
import { type FileSystem, hasCode, nodeFileSystem } from './file-system.ts';

export interface LogRecord {
  readonly step: number;
  readonly [key: string]: unknown;
}

export interface RunLog {
  /** Adds a line, to be written soon. Throws the error of an earlier write that failed meanwhile. */
  append(record: LogRecord): void;
  /** When this returns, all lines are on the disk. Call it before a checkpoint of the same step is saved. */
  flush(): Promise<void>;
  /** Flushes and closes; the log takes no more lines. A second call does nothing. */
  close(): Promise<void>;
}

/** Runs `action` once after `delayMs`, unless the returned function is called before. */
export type Schedule = (action: () => void, delayMs: number) => () => void;

export interface LogOptions {
  readonly fs?: FileSystem;
  readonly intervalMs?: number;
  readonly schedule?: Schedule;
}

const INTERVAL_MS = 100;
const LINE_FEED = 0x0a;

const timer: Schedule = (action, delayMs) => {
  const handle = setTimeout(action, delayMs);
  return () => clearTimeout(handle);
};

/** Opens a log at its end, and creates it where it is missing; errors are those of `explainDiskErrors`. */
export async function openLog(path: string, options: LogOptions = {}): Promise<RunLog> {
  const { fs = nodeFileSystem, intervalMs = INTERVAL_MS, schedule = timer } = options;
  const file = await explainDiskErrors(path, () => fs.open(path, 'append'));
  let lines: string[] = [];
  let cancel: (() => void) | undefined;
  let failure: { readonly error: unknown } | undefined;
  let queue: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;

  /** Writes follow each other; after a failed one, which may have left half a line, there is no other. */
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(async () => {
      if (failure !== undefined) return;
      await explainDiskErrors(path, work).catch((error: unknown) => {
        failure = { error };
      });
    });
    return queue;
  };

  const write = (): Promise<void> => {
    cancel?.();
    cancel = undefined;
    return enqueue(async () => {
      const text = lines.join('');
      lines = [];
      if (text !== '') await file.write(new TextEncoder().encode(text));
    });
  };

  const throwFailure = (): void => {
    if (failure !== undefined) throw failure.error;
  };

  const flush = async (): Promise<void> => {
    void write();
    await enqueue(() => file.fsync());
    throwFailure();
  };

  const closeNow = async (): Promise<void> => {
    try {
      await flush();
    } finally {
      await file.close();
    }
  };

  return {
    append(record) {
      if (closed !== undefined) throw new Error(`the log ${path} is closed`);
      throwFailure();
      lines.push(`${JSON.stringify(record)}\n`);
      cancel ??= schedule(() => void write(), intervalMs);
    },
    flush,
    close() {
      closed ??= closeNow();
      return closed;
    },
  };
}

/**
 * Removes, in one indivisible step, the lines of later steps than `step` and those that a crash left
 * torn. A log that does not exist is empty. Returns how many lines were removed.
 */
export async function cutLog(path: string, step: number, fs: FileSystem = nodeFileSystem): Promise<number> {
  return explainDiskErrors(path, async () => {
    let bytes: Uint8Array;
    try {
      bytes = await fs.readFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
    const kept: Uint8Array[] = [];
    let removed = 0;
    for (let begin = 0; begin < bytes.length; ) {
      const lineFeed = bytes.indexOf(LINE_FEED, begin);
      const end = lineFeed === -1 ? bytes.length : lineFeed + 1;
      const line = bytes.subarray(begin, end);
      if (lineFeed !== -1 && stepOf(line) <= step) kept.push(line);
      else removed += 1;
      begin = end;
    }
    if (removed > 0) await writeDurably(fs, path, Buffer.concat(kept));
    return removed;
  });
}

/** The step of a line; infinite for one that is no record. */
function stepOf(line: Uint8Array): number {
  try {
    const record: unknown = JSON.parse(new TextDecoder().decode(line));
    if (typeof record !== 'object' || record === null || !('step' in record)) return Infinity;
    return typeof record.step === 'number' ? record.step : Infinity;
  } catch {
    return Infinity;
  }
}
