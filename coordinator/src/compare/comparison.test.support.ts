/** Comparisons, and results of a made-up comparison, for tests. */

import type { ConfigDocument } from '../config/document.ts';
import { parseConfig } from '../config/document.ts';
import type { Cell } from './cells.ts';
import { cellsOf } from './cells.ts';
import type { Comparison } from './document.ts';
import { resolveComparison } from './document.ts';
import type { CellState, Results } from './results.ts';
import { resultsOf } from './results.ts';
import type { CellRun } from './run-cell.ts';
import type { Machine } from './run-record.ts';

export const base = {
  data: { kind: 'mnist' },
  model: { layers: [{ type: 'dense', units: 10 }], loss: 'softmaxCrossEntropy' },
  optimizer: { type: 'sgd', learningRate: 0.1 },
} as const;

export function documentOf(settings: object): ConfigDocument {
  return parseConfig(settings, 'compare.json', '/somewhere');
}

export async function comparisonOf(settings: object = {}): Promise<Comparison> {
  return (await resolveComparison(documentOf({ base, ...settings }))).comparison;
}

export const machine: Machine = {
  processor: 'a processor',
  cores: 2,
  system: 'linux x64',
  node: 'v24.0.0',
  hivegrad: '0.1.0',
};

/** How one run went: its accuracies by epoch, each epoch of so many seconds. */
export interface Told {
  readonly accuracies: readonly number[];
  readonly secondsPerEpoch: number;
  /** It diverged after these epochs. */
  readonly diverged?: true;
}

export const SAMPLES = 1000;
/** Of each evaluation; no part of any figure. */
const EVALUATION_SECONDS = 0.5;

/** Results of a comparison in which each cell, by its batch size, went with each seed as told. */
export async function resultsTold(
  settings: object,
  told: Readonly<Record<number, readonly Told[]>>,
): Promise<Results> {
  const comparison = await comparisonOf({ strategies: ['minibatch'], ...settings });
  const grid = cellsOf(comparison, { samples: SAMPLES, threads: 2 });
  const cells = grid.cells.map((cell): CellState => {
    const runs = (told[cell.batchSize] ?? []).map((one, i): [number, CellRun] => [
      comparison.seeds[i]!,
      runTold(cell, one),
    ]);
    return { cell, learningRate: cell.learningRate, runs: new Map(runs) };
  });
  const { notices } = grid;
  return resultsOf({ comparison, data: 'data', samples: SAMPLES, layers: [], notices, cells });
}

export function runTold(
  { batchSize }: Pick<Cell, 'batchSize'>,
  { accuracies, secondsPerEpoch, diverged }: Told,
): CellRun {
  const stepsPerEpoch = Math.ceil(SAMPLES / batchSize);
  const metrics = accuracies.flatMap((accuracy, i) => {
    const step = stepsPerEpoch * (i + 1);
    const trained = secondsPerEpoch * (i + 1) + EVALUATION_SECONDS * i;
    const means = { loss: 1 - accuracy, accuracy };
    return [
      { kind: 'train', step, epoch: i + 1, seconds: trained, ...means },
      {
        kind: 'epoch',
        step,
        epoch: i + 1,
        seconds: trained + EVALUATION_SECONDS,
        train: means,
        test: means,
      },
    ] as const;
  });
  const step = stepsPerEpoch * accuracies.length;
  return {
    record: diverged
      ? { outcome: 'diverged', step, sentence: 'The loss is not finite.', machine }
      : { outcome: 'finished', weightsDigest: 'd', machine },
    metrics,
  };
}
