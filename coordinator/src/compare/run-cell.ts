/**
 * One run of a cell: begun, gone on with, or read where it has ended. In: a cell, its configuration and where it
 * lies; out: its record and its metrics, or `stopped`. A run that diverges is a result as well.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DivergenceError } from '@hivegrad/shared/errors';
import type { TrainEvent } from '../api/train-types.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { type FileSystem, hasCode } from '../checkpoint/file-system.ts';
import { parseConfig } from '../config/document.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { type MetricsRecord, parseMetrics } from '../metrics/record.ts';
import type { Machine, RunRecord } from './run-record.ts';
import { readRunRecord, thisMachine, writeRunRecord } from './run-record.ts';
import type { Strategy } from './strategies.ts';

export interface CellRun {
  readonly record: RunRecord;
  /** All of the run, in order. */
  readonly metrics: readonly MetricsRecord[];
}

export interface RunCellOptions {
  readonly strategy: Strategy;
  readonly config: ResolvedConfig;
  readonly directory: string;
  readonly threads: number;
  readonly fs: FileSystem;
  readonly stop: AbortSignal;
  readonly emit: (event: TrainEvent) => void;
}

/** Undefined where the run has not ended yet. */
export async function readCellRun(fs: FileSystem, directory: string): Promise<CellRun | undefined> {
  const record = await readRunRecord(fs, recordPath(directory));
  return record === undefined ? undefined : { record, metrics: await readMetrics(directory) };
}

/** Undefined where it was stopped. Errors are those of a training, but for divergence. */
export async function runCell(options: RunCellOptions): Promise<CellRun | undefined> {
  const { directory, fs } = options;
  const record = await train(options);
  if (record === undefined) return undefined;
  await writeRunRecord(fs, recordPath(directory), record);
  return { record, metrics: await readMetrics(directory) };
}

async function train(options: RunCellOptions): Promise<RunRecord | undefined> {
  const { strategy, config, directory, threads, fs, stop, emit } = options;
  const document = parseConfig(config, `the cell ${config.name}`);
  const begun = await hasBegun(directory, fs);
  const machine: Machine = thisMachine();
  try {
    const result = await strategy.train(
      { document, ...(begun && { resume: directory }) },
      { threads, engine: 'simd', ...(!begun && { out: () => directory }), stop, fs },
      emit,
    );
    if (result.outcome === 'stopped') return undefined;
    return { outcome: 'finished', weightsDigest: result.weightsDigest, machine };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return { outcome: 'diverged', step: error.step, sentence: error.message, machine };
  }
}

function recordPath(directory: string): string {
  return `${directory}.json`;
}

async function hasBegun(directory: string, fs: FileSystem): Promise<boolean> {
  try {
    return (await fs.readdir(directory)).includes('config.json');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    return explainDiskErrors(directory, () => Promise.reject(error));
  }
}

function readMetrics(directory: string): Promise<readonly MetricsRecord[]> {
  const path = join(directory, 'metrics.jsonl');
  return explainDiskErrors(path, async () => parseMetrics(await readFile(path, 'utf8'), path));
}
