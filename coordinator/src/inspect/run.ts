/**
 * What a run directory holds. In: its path; out: its configuration, which checkpoints exist and whether each is
 * whole, and the last lines of its metrics. Nothing is changed: another process may be training there.
 */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { type FileSystem, hasCode } from '../checkpoint/file-system.ts';
import { decodeCheckpoint } from '../checkpoint/format.ts';
import { readOnly } from '../checkpoint/read-only.ts';
import { readRunConfig } from '../checkpoint/run-directory.ts';
import { openStore } from '../checkpoint/store.ts';

/** One line of metrics.jsonl. */
export interface MetricsLine {
  readonly step: number;
  readonly epoch: number;
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface SavedCheckpoint {
  readonly path: string;
  readonly step: number;
  readonly bytes: number;
  readonly whole: boolean;
  /** What is wrong with one that is not whole. */
  readonly problem: string | null;
  readonly weightsSha256: string | null;
}

export interface RunReport {
  readonly path: string;
  /** As it stands in config.json. */
  readonly config: unknown;
  /** By step, oldest first. */
  readonly checkpoints: readonly SavedCheckpoint[];
  /** Of the newest whole checkpoint: in which epoch it was written, as far as the metrics tell. */
  readonly epoch: number | null;
  /** The last line of an epoch. */
  readonly lastEpoch: MetricsLine | null;
}

/** The report, and the bytes of the newest whole checkpoint. @throws UserError `RUN_NOT_A_RUN` and of the disk */
export async function inspectRun(
  path: string,
  fs: FileSystem,
): Promise<{ report: RunReport; newest: { path: string; bytes: Uint8Array } | undefined }> {
  const config = await readRunConfig(path, fs);
  const store = await openStore(join(path, 'checkpoints'), readOnly(fs));
  const checkpoints: SavedCheckpoint[] = [];
  let newest: { path: string; bytes: Uint8Array } | undefined;
  for (const step of await store.steps()) {
    const file = store.path(step);
    const bytes = await readIfThere(file, fs);
    // A training that goes on has removed it meanwhile.
    if (bytes === undefined) continue;
    const saved = savedCheckpoint(bytes, file, step);
    checkpoints.push(saved);
    if (saved.whole) newest = { path: file, bytes };
  }
  const lines = await readMetrics(join(path, 'metrics.jsonl'), fs);
  const step = checkpoints.findLast(({ whole }) => whole)?.step;
  const epoch = step === undefined ? null : epochOf(lines, step);
  const lastEpoch = lines.findLast(({ kind }) => kind === 'epoch') ?? null;
  return { report: { path, config, checkpoints, epoch, lastEpoch }, newest };
}

/** The lines that are whole records; a run that was killed may leave half a line at its end. */
export async function readMetrics(path: string, fs: FileSystem): Promise<MetricsLine[]> {
  const bytes = await readIfThere(path, fs);
  if (bytes === undefined) return [];
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .flatMap((line) => {
      try {
        const record: unknown = JSON.parse(line);
        return isMetricsLine(record) ? [record] : [];
      } catch {
        return [];
      }
    });
}

/** The epoch of the first line that is not older than the step, or of the last one there is. */
export function epochOf(lines: readonly MetricsLine[], step: number): number | null {
  return (lines.find((line) => line.step >= step) ?? lines.at(-1))?.epoch ?? null;
}

function savedCheckpoint(bytes: Uint8Array, path: string, step: number): SavedCheckpoint {
  try {
    const { weightsDigest } = decodeCheckpoint(bytes, path);
    return { path, step, bytes: bytes.length, whole: true, problem: null, weightsSha256: weightsDigest };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problem = error.message;
    return { path, step, bytes: bytes.length, whole: false, problem, weightsSha256: null };
  }
}

async function readIfThere(path: string, fs: FileSystem): Promise<Uint8Array | undefined> {
  return explainDiskErrors(path, async () => {
    try {
      return await fs.readFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

function isMetricsLine(value: unknown): value is MetricsLine {
  if (typeof value !== 'object' || value === null) return false;
  const { step, epoch, kind } = value as Partial<Record<string, unknown>>;
  return typeof step === 'number' && typeof epoch === 'number' && typeof kind === 'string';
}
