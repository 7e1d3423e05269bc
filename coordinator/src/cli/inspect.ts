/** `hivegrad inspect`: what is in a run directory, a checkpoint, or a safetensors file of another program. */

import { dirname, join } from 'node:path';
import { isDirectory } from '../api/find-checkpoint.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import { type FileReport, inspectFile } from '../inspect/file.ts';
import { epochOf, inspectRun, type RunReport, readMetrics } from '../inspect/run.ts';
import { fileText, runText } from './inspect-text.ts';

export async function inspect(path: string, asJson: boolean): Promise<void> {
  const found = await look(path);
  const text = asJson ? JSON.stringify(found, null, 2) : describe(found);
  process.stdout.write(`${text}\n`);
}

interface Found {
  readonly run: RunReport | null;
  /** The file that was named, or the run's newest whole checkpoint. */
  readonly file: FileReport | null;
  /** In which the checkpoint was written, as far as the metrics beside it tell. */
  readonly epoch: number | null;
}

async function look(path: string): Promise<Found> {
  if (await isDirectory(path)) {
    const { report, newest } = await inspectRun(path, nodeFileSystem);
    const file = newest === undefined ? null : inspectFile(newest.bytes, newest.path);
    return { run: report, file, epoch: report.epoch };
  }
  const bytes = await explainDiskErrors(path, () => nodeFileSystem.readFile(path));
  const file = inspectFile(bytes, path);
  if (file.checkpoint === null) return { run: null, file, epoch: null };
  const lines = await readMetrics(join(dirname(dirname(path)), 'metrics.jsonl'), nodeFileSystem);
  return { run: null, file, epoch: epochOf(lines, file.checkpoint.step) };
}

function describe({ run, file, epoch }: Found): string {
  const parts = [];
  if (run !== null) parts.push(runText(run));
  if (file !== null) parts.push(fileText(file, epoch));
  return parts.join('\n\n');
}
