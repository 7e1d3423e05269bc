/** Where a run begins: at step 0, which follows from the seed, or at the newest checkpoint of a run to resume. */

import { UserError } from '@hivegrad/shared/errors';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import type { FileSystem } from '../checkpoint/file-system.ts';
import type { Checkpoint } from '../checkpoint/format.ts';
import { decodeCheckpoint, requireParameters } from '../checkpoint/format.ts';
import type { Run } from '../checkpoint/run-directory.ts';
import { cutLog } from '../checkpoint/run-log.ts';
import type { CheckpointStore, LatestCheckpoint } from '../checkpoint/store.ts';
import type { BoundConfig } from '../config/bind.ts';
import { configDigest } from '../config/digest.ts';
import type { Beginning } from '../run-types.ts';
import type { Progress } from '../training/progress.ts';
import { startOfRun } from '../training/progress.ts';
import type { LocalPool } from '../workers/local-pool.ts';

/** Puts the weights of step 0 in place. */
export function start(pool: LocalPool, { model, config }: BoundConfig): Beginning {
  const { parameters } = pool.layout;
  const vectors = optimizerOf(config.optimizer).state.length;
  pool.setVersion(0, initialWeights(model, config.seed), new Float32Array(vectors * parameters));
  return { progress: startOfRun, resumed: false };
}

/** A run on the disk that goes on, and what it must have begun with. */
export interface ResumedRun {
  readonly pool: LocalPool;
  readonly store: CheckpointStore;
  readonly run: Run;
  readonly bound: BoundConfig;
  readonly dataDigest: string;
  /** The disk that the run is on. */
  readonly fs: FileSystem;
  readonly onNotice: (sentence: string) => void;
}

/** Puts the newest whole checkpoint in place; where there is none the run begins again, to the same bits. */
export async function resume(job: ResumedRun): Promise<Beginning> {
  const { pool, store, run, bound, onNotice, fs } = job;
  const latest = await store.latest(decodeCheckpoint).catch((error: unknown) => {
    if (!isUnusable(error)) throw error;
    const why = error.code === 'CHECKPOINT_MISSING' ? 'No checkpoint was written yet.' : error.message;
    onNotice(`${why} Going on from step 0, which follows from the seed.`);
    return undefined;
  });
  const step = latest?.step ?? 0;
  for (const { path, error } of latest?.damaged ?? []) {
    onNotice(`${error.message} Going on from step ${step} instead of ${path}.`);
  }
  if (latest !== undefined) requireSameRun(latest, job);
  await store.removeAfter(step);
  await cutLog(run.metricsPath, step, fs);
  onNotice(`Resuming ${run.directory} at step ${step}.`);
  if (latest === undefined) return start(pool, bound);
  const { weights, optimizerState, bestWeights, extra } = latest.checkpoint;
  pool.setVersion(step, weights, optimizerState);
  const progress = savedProgress(extra.progress, latest.path);
  return { progress, resumed: true, ...(bestWeights !== undefined && { bestWeights }) };
}

/** What a run wrote of itself; the checksum has told that nobody changed it since. */
function savedProgress(text: string | undefined, path: string): Progress {
  if (text !== undefined) return JSON.parse(text) as Progress;
  throw new UserError(
    'CHECKPOINT_DIFFERS',
    `${path} does not say how far its epoch was, so it was not written by a training run. Resume another run.`,
  );
}

function isUnusable(error: unknown): error is UserError {
  return (
    error instanceof UserError && (error.code === 'CHECKPOINT_MISSING' || error.code === 'CHECKPOINT_DAMAGED')
  );
}

function requireSameRun(
  { checkpoint, path }: LatestCheckpoint<Checkpoint>,
  { run, bound, dataDigest }: Pick<ResumedRun, 'run' | 'bound' | 'dataDigest'>,
): void {
  requireParameters(checkpoint, parametersOf(bound.model), path);
  if (checkpoint.configDigest !== configDigest(bound.config)) {
    throw new UserError(
      'CONFIG_DIFFERS',
      `${path} was written with another configuration than ${run.directory}/config.json holds. Restore that file.`,
    );
  }
  if (checkpoint.dataDigest !== dataDigest) {
    throw new UserError(
      'DATA_DIFFERS',
      `The data are not those that the run in ${run.directory} began with (SHA-256 ${short(checkpoint.dataDigest)} then, ` +
        `${short(dataDigest)} now). Restore the data, or begin a new run.`,
    );
  }
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
