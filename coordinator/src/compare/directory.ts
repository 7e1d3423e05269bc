/**
 * The directory of one comparison: `compare.json` (what is compared, which makes it a comparison), `cells/` with a run
 * directory for each cell and seed, `compare.lock` while a process works in it, and the results. In: a path and a
 * comparison; out: a handle, to be closed. A directory goes on only with the comparison that it began with.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { differences } from '../checkpoint/differences.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { makeDirectory, removeFile, writeDurably } from '../checkpoint/durable.ts';
import { type FileSystem, hasCode } from '../checkpoint/file-system.ts';
import { takeLock } from '../checkpoint/run-lock.ts';
import { decisiveSettings } from '../config/digest.ts';
import type { Comparison } from './document.ts';

export interface CompareDirectory {
  readonly path: string;
  /** Whether it goes on with what is there. */
  readonly resumes: boolean;
  /** Writes compare.json where the comparison is new; until then nothing there was changed. */
  begin(): Promise<void>;
  /** Where a run of a cell lies, such as `seed-1`. The directory above it exists afterwards. */
  runDirectory(cell: string, run: string): Promise<string>;
  /** Writes a file whole or not at all. */
  write(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly fs: FileSystem;
  /** Threads of the cells, where the comparison names none. */
  readonly threads: number;
  /** SHA-256 in hex of the parts of the data, under the first seed, so that cells of other data are never mixed in. */
  readonly dataDigest: string;
  /** Replace the comparison that is there: its cells and its results go. */
  readonly force: boolean;
}

const DOCUMENT = 'compare.json';
const LOCK = 'compare.lock';
const CELLS = 'cells';

/**
 * Takes the lock and looks at what is there.
 * @throws UserError COMPARE_DIFFERS, RUN_NOT_EMPTY, RUN_IN_USE, RUN_NOT_WRITABLE, and others of the disk
 */
export async function openCompareDirectory(
  path: string,
  comparison: Comparison,
  options: OpenOptions,
): Promise<CompareDirectory> {
  const { fs, force } = options;
  const document = documentOf(comparison, options);
  const write = (name: string, text: string) => {
    const file = join(path, name);
    return explainDiskErrors(file, () => writeDurably(fs, file, new TextEncoder().encode(text)));
  };
  return explainDiskErrors(path, async () => {
    await makeDirectory(fs, path);
    const lock = await takeLock(join(path, LOCK), fs);
    let resumes = false;
    try {
      const saved = force ? undefined : await savedDocument(path, fs);
      resumes = saved !== undefined;
      if (resumes) requireSame(saved, document, path);
      else if (!force) await requireEmpty(path, fs);
    } catch (error) {
      await lock.release().catch(() => undefined);
      throw error;
    }
    return {
      path,
      resumes,
      async begin() {
        if (resumes) return;
        await explainDiskErrors(path, () => clear(path, fs));
        await write(DOCUMENT, `${JSON.stringify(document, null, 2)}\n`);
      },
      async runDirectory(cell, run) {
        const directory = join(path, CELLS, cell);
        await explainDiskErrors(directory, () => makeDirectory(fs, directory));
        return join(directory, run);
      },
      write,
      close: () => explainDiskErrors(path, () => lock.release()),
    };
  });
}

/** What decides results and times; how they are shown and how long they may take is free to change. */
function documentOf(
  { name: _, target: __, budgetSeconds: ___, ...rest }: Comparison,
  { threads, dataDigest }: OpenOptions,
) {
  return {
    ...rest,
    base: {
      ...decisiveSettings(rest.base),
      epochs: undefined,
      batchSize: undefined,
      shardSize: undefined,
      seed: undefined,
    },
    threads: rest.threads ?? [threads],
    dataDigest,
  };
}

async function savedDocument(path: string, fs: FileSystem): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(join(path, DOCUMENT));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UserError(
      'COMPARE_DIFFERS',
      `${join(path, DOCUMENT)} is not JSON, so nobody knows what was compared there. Replace the comparison with --force, ` +
        'or choose another directory.',
      { cause },
    );
  }
}

function requireSame(saved: unknown, given: object, path: string): void {
  const different = differences(saved, JSON.parse(JSON.stringify(given)));
  if (different.length === 0) return;
  const lines = different.map((line) => line.replace(' in the run, ', ' there, '));
  throw new UserError(
    'COMPARE_DIFFERS',
    `${path} holds another comparison:\n  ${lines.join('\n  ')}\nChoose another directory with --out, or replace what is ` +
      'there with --force.',
  );
}

async function requireEmpty(path: string, fs: FileSystem): Promise<void> {
  const names = (await fs.readdir(path)).filter((name) => !isScaffold(name));
  if (names.length === 0) return;
  throw new UserError(
    'RUN_NOT_EMPTY',
    `${path} is not empty and holds no comparison. Choose a new directory with --out, or write beside what is there with --force.`,
  );
}

/** What a process leaves that was killed before it had begun. */
function isScaffold(name: string): boolean {
  return name.startsWith(LOCK) || name.startsWith(`${DOCUMENT}.`);
}

/** The document goes first: after a crash half-way there is no comparison, rather than one with cells of another. */
async function clear(path: string, fs: FileSystem): Promise<void> {
  await removeFile(fs, join(path, DOCUMENT));
  await fs.fsyncDirectory(path);
  await rm(join(path, CELLS), { recursive: true, force: true });
}
