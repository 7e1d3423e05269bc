/** Comparisons over the small data set, in this process: what they are, how they are run, what of them is no time. */

import { readFileSync } from 'node:fs';
import { nodeFileSystem } from 'hivegrad/checkpoint/file-system';
import type { CompareEvent, CompareResult, CompareSettings } from 'hivegrad/compare/compare';
import { runCompare } from 'hivegrad/compare/compare';
import { readComparison } from 'hivegrad/compare/document';
import type { Results } from 'hivegrad/compare/results';
import type { Workplace } from '../support/files.ts';

/** Three cells of the small network: 1 and 100 samples a step, and all 480. */
export const threeCells = {
  base: 'small.json',
  batchSizes: [1, 100],
  seeds: [1, 2],
  epochs: 2,
  target: { metric: 'testAccuracy', value: 0.5 },
};

export interface CompareOptions extends Partial<CompareSettings> {
  readonly onEvent?: (event: CompareEvent) => void;
}

/** Writes and runs a comparison; `out` is a name in the workplace. */
export async function compareIn(
  place: Workplace,
  settings: object,
  { onEvent = () => {}, out = 'out', ...options }: CompareOptions = {},
): Promise<CompareResult> {
  place.config('small.json');
  const path = place.write('compare.json', JSON.stringify({ ...threeCells, ...settings }));
  const { comparison } = await readComparison(path);
  return runCompare(
    comparison,
    {
      out: place.path(out),
      force: false,
      threads: 1,
      stop: new AbortController().signal,
      fs: nodeFileSystem,
      // The first step or epoch that is seen is enough.
      lookMs: 0,
      ...options,
    },
    onEvent,
  );
}

export function writtenResults(place: Workplace, out: string): Results {
  return JSON.parse(readFileSync(place.path(out, 'results.json'), 'utf8')) as Results;
}

const TIMES = new Set(['seconds', 'samplesPerSecond', 'updatesPerSecond']);

/** Everything but times and rates, which no two runs share. */
export function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !TIMES.has(key))
      .map(([key, member]) => [key, withoutTimes(member)]),
  );
}

/** The digest of the weights with which a seed of a cell ended. */
export function digestOfRun({ cells }: Results, id: string, seed: number): string {
  const run = cells.find((cell) => cell.id === id)?.runs.find((one) => one.seed === seed);
  if (run?.weightsDigest === undefined) throw new Error(`no digest of ${id}, seed ${seed}`);
  return run.weightsDigest;
}
