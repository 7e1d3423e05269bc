/** `hivegrad inspect`: what is in a run directory, a checkpoint, or a safetensors file of another program. */

import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { isDirectory } from '../api/find-checkpoint.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import { type FileReport, inspectFile } from '../inspect/file.ts';
import { epochOf, inspectRun, type RunReport, readMetrics } from '../inspect/run.ts';
import { fileText, runText } from './inspect-text.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('what is in a run, a checkpoint or a safetensors file')
    .description(
      'Shows the checkpoints of a run and whether each is whole, the model, digests, and statistics of every tensor. ' +
        'Changes nothing.',
    )
    .argument('<path>', 'run directory, checkpoint, or a safetensors file of another program')
    .option('--json', 'one JSON object, for machines')
    .addHelpText(
      'after',
      `
Examples:
  hivegrad inspect runs/mnist
  hivegrad inspect runs/mnist/checkpoints/step-9380.safetensors --json
  hivegrad inspect model.safetensors`,
    )
    .action((path: string, flags: { json?: boolean }) => inspect(path, flags.json === true));
}

async function inspect(path: string, asJson: boolean): Promise<void> {
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
