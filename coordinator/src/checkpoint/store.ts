/**
 * The checkpoints of one run: a directory of files `step-N.safetensors`.
 * In go the bytes of a checkpoint, out comes the newest one that is whole. Invariant: from the end of
 * the first `save` on, a crash at any moment leaves a directory in which `latest` finds the checkpoint
 * that was saved last or the one that was being saved.
 */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { explainDiskErrors } from './disk-error.ts';
import { type Failpoint, makeDirectory, removeFile, TEMPORARY_SUFFIX, writeDurably } from './durable.ts';
import { type FileSystem, hasCode } from './file-system.ts';
import { damaged } from './safetensors.ts';

export interface StoreOptions {
  /** How many of the newest checkpoints stay; at least 2, so that a damaged one has a predecessor. */
  readonly keep?: number;
  readonly onFailpoint?: (name: Failpoint) => void;
}

export type Decode<T> = (bytes: Uint8Array, source: string) => T;

export interface DamagedCheckpoint {
  readonly step: number;
  readonly path: string;
  readonly error: UserError;
}

export interface LatestCheckpoint<T> {
  readonly step: number;
  readonly path: string;
  readonly checkpoint: T;
  /** Newer ones that could not be used, newest first. */
  readonly damaged: readonly DamagedCheckpoint[];
}

/** Every method raises what `explainDiskErrors` lists when the disk fails. */
export interface CheckpointStore {
  path(step: number): string;
  /** Steps of all checkpoints there are, damaged ones included, in ascending order. */
  steps(): Promise<number[]>;
  /**
   * Writes a checkpoint; when this returns it is on the disk. Then removes all but the newest `keep`
   * and those of the `pinned` steps. Calls queue up. After a failure earlier checkpoints are as they were.
   */
  save(step: number, bytes: Uint8Array, pinned?: readonly number[]): Promise<void>;
  /**
   * The newest checkpoint that `decode` does not refuse with `CHECKPOINT_DAMAGED`.
   * @throws UserError `CHECKPOINT_MISSING` when there is none, `CHECKPOINT_DAMAGED` when none is whole.
   */
  latest<T>(decode: Decode<T>): Promise<LatestCheckpoint<T>>;
  /** One chosen checkpoint. @throws UserError `CHECKPOINT_MISSING`, `CHECKPOINT_DAMAGED` */
  read<T>(step: number, decode: Decode<T>): Promise<T>;
  /**
   * Removes the checkpoints of later steps. A run that goes on from an older checkpoint calls this
   * first: otherwise `latest` would find the abandoned ones again, and they would count for `keep`.
   */
  removeAfter(step: number): Promise<void>;
}

const KEEP_DEFAULT = 2;
const FILE_NAME = /^step-(0|[1-9]\d*)\.safetensors$/;

/** Opens (and creates) the directory, and removes what an interrupted `save` left behind. */
export async function openStore(
  directory: string,
  fs: FileSystem,
  { keep = KEEP_DEFAULT, onFailpoint }: StoreOptions = {},
): Promise<CheckpointStore> {
  if (!Number.isInteger(keep) || keep < 2) throw new RangeError(`keep is ${keep}, but at least 2 must stay`);
  const explain = <T>(work: () => Promise<T>): Promise<T> => explainDiskErrors(directory, work);
  const path = (step: number): string => join(directory, `step-${step}.safetensors`);

  const steps = (): Promise<number[]> =>
    explain(async () => {
      const numbers = (await fs.readdir(directory))
        .flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
        .map(Number);
      return numbers.filter(Number.isSafeInteger).sort((a, b) => a - b);
    });

  const remove = async (unwanted: readonly number[]): Promise<void> => {
    for (const step of unwanted) await explainDiskErrors(path(step), () => removeFile(fs, path(step)));
    if (unwanted.length > 0) await explain(() => fs.fsyncDirectory(directory));
  };

  const saveNow = async (step: number, bytes: Uint8Array, pinned: readonly number[]): Promise<void> => {
    if (!Number.isSafeInteger(step) || step < 0) throw new RangeError(`no step has the number ${step}`);
    await explainDiskErrors(path(step), () => writeDurably(fs, path(step), bytes, onFailpoint));
    await remove((await steps()).slice(0, -keep).filter((old) => old !== step && !pinned.includes(old)));
  };

  await explain(() => makeDirectory(fs, directory));
  for (const name of await explain(() => fs.readdir(directory))) {
    const leftover =
      name.endsWith(TEMPORARY_SUFFIX) && FILE_NAME.test(name.slice(0, -TEMPORARY_SUFFIX.length));
    if (leftover) await explain(() => removeFile(fs, join(directory, name)));
  }

  let queue: Promise<unknown> = Promise.resolve();
  return {
    path,
    steps,
    save(step, bytes, pinned = []) {
      const saved = queue.then(() => saveNow(step, bytes, pinned));
      queue = saved.catch(() => undefined);
      return saved;
    },
    latest: async (decode) =>
      newestWhole(
        fs,
        (await steps()).toReversed().map((step) => ({ step, path: path(step) })),
        { directory, decode },
      ),
    read: (step, decode) => readCheckpoint(fs, path(step), decode),
    removeAfter: async (step) => remove((await steps()).filter((later) => later > step)),
  };
}

async function newestWhole<T>(
  fs: FileSystem,
  candidates: readonly { step: number; path: string }[],
  { directory, decode }: { directory: string; decode: Decode<T> },
): Promise<LatestCheckpoint<T>> {
  const refused: DamagedCheckpoint[] = [];
  for (const { step, path } of candidates) {
    try {
      return { step, path, checkpoint: await readCheckpoint(fs, path, decode), damaged: refused };
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'CHECKPOINT_DAMAGED') throw error;
      refused.push({ step, path, error });
    }
  }
  if (refused.length === 0) throw missing(directory);
  const reasons = refused.map(({ error }) => error.message).join(' ');
  const message = `No checkpoint in ${directory} is whole. ${reasons}`;
  throw new UserError('CHECKPOINT_DAMAGED', message);
}

async function readCheckpoint<T>(fs: FileSystem, path: string, decode: Decode<T>): Promise<T> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw missing(path);
    // What concerns this file alone counts as damage, and an older checkpoint can help.
    if (hasCode(error, 'EIO', 'EISDIR')) throw damaged(path, 'it cannot be read', error);
    return explainDiskErrors(path, () => Promise.reject(error));
  }
  return decode(bytes, path);
}

function missing(path: string): UserError {
  const message = `There is no checkpoint at ${path}. Name the directory of a run that has saved one.`;
  return new UserError('CHECKPOINT_MISSING', message);
}
