/** What `RUN` on the command line stands for: a run directory (its newest whole checkpoint) or one checkpoint file. */

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import { requireOurs } from '../checkpoint/foreign.ts';
import { type Checkpoint, decodeCheckpoint } from '../checkpoint/format.ts';
import { readOnly } from '../checkpoint/read-only.ts';
import { readRunConfig } from '../checkpoint/run-directory.ts';
import { openStore } from '../checkpoint/store.ts';

export interface FoundCheckpoint {
  /** The directory of the run that it belongs to, by its place. */
  readonly run: string;
  /** The file. */
  readonly source: string;
  readonly checkpoint: Checkpoint;
}

/**
 * Finds and verifies a checkpoint, and changes nothing on the disk. Newer ones that are damaged are named on
 * standard error.
 * @throws UserError `RUN_NOT_A_RUN`, `CHECKPOINT_MISSING`, `CHECKPOINT_DAMAGED`, `CHECKPOINT_FOREIGN`, and those
 *   of the disk
 */
export async function findCheckpoint(path: string): Promise<FoundCheckpoint> {
  if (await isDirectory(path)) {
    await readRunConfig(path);
    const store = await openStore(`${path}/checkpoints`, readOnly(nodeFileSystem));
    const { checkpoint, path: source, damaged } = await store.latest(decodeCheckpoint);
    for (const { error } of damaged) process.stderr.write(`${error.message}\n`);
    return { run: path, source, checkpoint };
  }
  const bytes = await explainDiskErrors(path, () => nodeFileSystem.readFile(path));
  requireOurs(bytes, path);
  return { run: dirname(dirname(path)), source: path, checkpoint: decodeCheckpoint(bytes, path) };
}

/** Whether a path that must lead somewhere leads to a directory. @throws UserError `RUN_NOT_A_RUN` */
export async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause: unknown) => {
    const message = `There is no run or checkpoint at ${path}. Check the path.`;
    throw new UserError('RUN_NOT_A_RUN', message, { cause });
  });
  return found.isDirectory();
}
