/**
 * What is kept of a run that has ended, beside its directory: `cells/<cell>/seed-1.json` next to
 * `cells/<cell>/seed-1/`. Its presence says that the run needs nothing more; a run without one is begun or resumed.
 */

import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import * as z from 'zod';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import { writeDurably } from '../checkpoint/durable.ts';
import { type FileSystem, hasCode } from '../checkpoint/file-system.ts';
import { version } from '../version.ts';

const machineSchema = z.strictObject({
  processor: z.string(),
  cores: z.int().min(1),
  system: z.string(),
  node: z.string(),
  hivegrad: z.string(),
});

const recordSchema = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('finished'),
    weightsDigest: z.string(),
    machine: machineSchema,
  }),
  z.strictObject({
    outcome: z.literal('diverged'),
    /** Steps that were applied before. */
    step: z.int().min(0),
    sentence: z.string(),
    machine: machineSchema,
  }),
]);

/** Where a run was computed: its times mean nothing without it. */
export type Machine = z.output<typeof machineSchema>;
export type RunRecord = z.output<typeof recordSchema>;

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    hivegrad: version,
  };
}

/** Undefined where the run has not ended. A record that is damaged counts as none: the run resumes to the same bits. */
export async function readRunRecord(fs: FileSystem, path: string): Promise<RunRecord | undefined> {
  const bytes = await explainDiskErrors(path, async () => {
    try {
      return await fs.readFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  });
  if (bytes === undefined) return undefined;
  try {
    return recordSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}

export function writeRunRecord(fs: FileSystem, path: string, record: RunRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  return explainDiskErrors(path, () => writeDurably(fs, path, new TextEncoder().encode(text)));
}
