/** `hivegrad export`: the trained network of a run or of one checkpoint, as a file that other programs read. */

import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { findCheckpoint } from '../api/find-checkpoint.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { writeDurably } from '../checkpoint/durable.ts';
import { hasCode, nodeFileSystem } from '../checkpoint/file-system.ts';
import { encodeNetwork, exportFormat } from '../export/formats.ts';
import { networkOf } from '../export/network.ts';
import { version } from '../version.ts';
import { formatBytes, formatCount } from './format.ts';

export interface ExportFlags {
  readonly format?: string;
  readonly out?: string;
  readonly force?: boolean;
}

export async function exportRun(path: string, flags: ExportFlags): Promise<void> {
  const format = exportFormat(flags.format, flags.out);
  const name = nameOf(path);
  const out = flags.out ?? `${name}.${format}`;
  const { source, checkpoint } = await findCheckpoint(path, (sentence) =>
    process.stderr.write(`${sentence}\n`),
  );
  await requireFree(out, source, flags.force === true);
  const network = networkOf(checkpoint, source);
  const bytes = encodeNetwork(network, format, { name, version });
  await explainDiskErrors(out, () => writeDurably(nodeFileSystem, out, bytes));
  if (network.encoding === undefined && format === 'onnx') {
    process.stderr.write(
      `${source} does not tell how its data were encoded: the model takes inputs as the network saw them.\n`,
    );
  }
  process.stdout.write(
    `${source}, step ${formatCount(network.step)}\nwrote ${out}, ${formatBytes(bytes.length)}\n` +
      `weights sha256:${network.weightsDigest}\n`,
  );
}

/** `runs/mnist` is mnist, `.` the working directory's name, a file its name without the extension. */
function nameOf(path: string): string {
  const name = basename(resolve(path)).replace(/\.safetensors$/, '');
  return name === '' ? 'run' : name;
}

/** @throws UserError `EXPORT_EXISTS` where there is something at `out` that may not be replaced */
async function requireFree(out: string, source: string, force: boolean): Promise<void> {
  const found = await stat(out).catch((error: unknown) => {
    // Everything else is told by the attempt to write.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new UserError('EXPORT_EXISTS', `${out} is a directory. Name a file in it with --out.`);
  }
  const original = await stat(source);
  if (original.ino === found.ino && original.dev === found.dev) {
    const message = `${out} is the checkpoint itself, which training goes on from. Choose another name with --out.`;
    throw new UserError('EXPORT_EXISTS', message);
  }
  if (force) return;
  const message = `${out} exists already. Choose another name with --out, or replace it with --force.`;
  throw new UserError('EXPORT_EXISTS', message);
}
