/**
 * The directory of one run: `config.json` (the resolved configuration, which makes a directory a run),
 * `metrics.jsonl` and other logs, `checkpoints/`, and `run.lock` while a process trains in it.
 * Creating and resuming give the one process that may write in it a handle, to be closed at the end.
 */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { explainDiskErrors } from './disk-error.ts';
import { makeDirectory, removeFile, TEMPORARY_SUFFIX, writeDurably } from './durable.ts';
import { type FileSystem, hasCode, nodeFileSystem } from './file-system.ts';
import { takeLock } from './run-lock.ts';

export interface Run {
  readonly directory: string;
  /** JSON as it stands in config.json: the parser of configurations is to be applied to it. */
  readonly config: unknown;
  /** For the store of checkpoints. */
  readonly checkpointDirectory: string;
  readonly metricsPath: string;
  /** Gives up the lock. A second call does nothing. */
  close(): Promise<void>;
}

export interface CreateRunOptions {
  /** The resolved configuration, as JSON. */
  readonly config: unknown;
  /** Replace the run that is there: its files are removed, those of others stay. */
  readonly force?: boolean;
  readonly fs?: FileSystem;
}

const CONFIG = 'config.json';
const METRICS = 'metrics.jsonl';
const CHECKPOINTS = 'checkpoints';
const LOCK = 'run.lock';
/** What a run writes beside its configuration and its checkpoints. */
const OUTPUTS: readonly string[] = [METRICS, 'metrics.csv', 'ledger.jsonl', 'evaluation.json', 'report.html'];
/** What a run writes in a directory of its own, beside checkpoints. */
const NESTED: readonly (readonly [directory: string, name: RegExp])[] = [
  [CHECKPOINTS, /^step-\d+\.safetensors(\.tmp)?$/],
  ['tensorboard', /^events\.out\.tfevents\.0+\.hivegrad(\.tmp)?$/],
];

/**
 * Starts a run in a new or empty directory, and writes its config.json.
 * @throws UserError `RUN_NOT_EMPTY`, `RUN_IN_USE`, `RUN_NOT_WRITABLE`, and others of the disk
 */
export async function createRun(directory: string, options: CreateRunOptions): Promise<Run> {
  const { config, force = false, fs = nodeFileSystem } = options;
  return explainDiskErrors(directory, async () => {
    await makeDirectory(fs, directory);
    return locked(directory, fs, async () => {
      const names = (await fs.readdir(directory)).filter((name) => !isScaffold(name));
      if (names.length > 0 && !force) throw notEmpty(directory, names);
      if (force) await removeRun(directory, names, fs);
      const json = `${JSON.stringify(config, null, 2)}\n`;
      await writeDurably(fs, join(directory, CONFIG), new TextEncoder().encode(json));
      return JSON.parse(json);
    });
  });
}

/**
 * Opens a run to go on with it.
 * @throws UserError `RUN_NOT_A_RUN`, `RUN_IN_USE`, `RUN_NOT_WRITABLE`, and others of the disk
 */
export async function resumeRun(directory: string, fs: FileSystem = nodeFileSystem): Promise<Run> {
  // First, so that no lock is left in a directory that is no run.
  await readRunConfig(directory, fs);
  return explainDiskErrors(directory, () => locked(directory, fs, () => readRunConfig(directory, fs)));
}

/** The configuration of a run that is only looked at, without a lock. @throws UserError `RUN_NOT_A_RUN` */
export async function readRunConfig(directory: string, fs: FileSystem = nodeFileSystem): Promise<unknown> {
  const path = join(directory, CONFIG);
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
      return explainDiskErrors(path, () => Promise.reject(error));
    const message = `${directory} is not a run: there is no file ${CONFIG} in it. Name the directory of an earlier run.`;
    throw new UserError('RUN_NOT_A_RUN', message, { cause: error });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const message = `${directory} is not a run that can be used: ${CONFIG} in it is not JSON. Put back the configuration it was started with.`;
    throw new UserError('RUN_NOT_A_RUN', message, { cause });
  }
}

async function locked(directory: string, fs: FileSystem, open: () => Promise<unknown>): Promise<Run> {
  const lock = await takeLock(join(directory, LOCK), fs);
  try {
    const config = await open();
    return {
      directory,
      config,
      checkpointDirectory: join(directory, CHECKPOINTS),
      metricsPath: join(directory, METRICS),
      close: () => explainDiskErrors(directory, () => lock.release()),
    };
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}

/** What a process leaves that was killed before it had created its run. */
function isScaffold(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}.`) || name === CONFIG + TEMPORARY_SUFFIX;
}

function notEmpty(directory: string, names: readonly string[]): UserError {
  const advice = names.includes(CONFIG)
    ? 'It holds a run: go on with it (resume), replace it (force), or choose another directory.'
    : 'Choose a new directory, or write the run beside what is there (force).';
  return new UserError(
    'RUN_NOT_EMPTY',
    `${directory} is not empty (${names.length === 1 ? '1 entry' : `${names.length} entries`}). ${advice}`,
  );
}

/** The configuration goes first: after a crash half-way there is no run, rather than one with a gap. */
async function removeRun(directory: string, names: readonly string[], fs: FileSystem): Promise<void> {
  await removeFile(fs, join(directory, CONFIG));
  await fs.fsyncDirectory(directory);
  for (const name of names) {
    if (OUTPUTS.some((output) => name === output || name === output + TEMPORARY_SUFFIX)) {
      await removeFile(fs, join(directory, name));
    }
  }
  for (const [nested, pattern] of NESTED) {
    if (!names.includes(nested)) continue;
    const path = join(directory, nested);
    for (const name of await fs.readdir(path)) if (pattern.test(name)) await removeFile(fs, join(path, name));
    // Before the new configuration is written: it must not come to stand beside old weights.
    await fs.fsyncDirectory(path);
  }
  await fs.fsyncDirectory(directory);
}
