/**
 * results.csv: one row for each cell, seed and epoch, for spreadsheets and data frames; docs/experiments.md has the
 * meaning of each column. A run that diverged before its first epoch ended has one row without figures.
 */

import { csvLine } from '../report/csv.ts';
import type { EpochPoint } from './measure.ts';
import type { CellFigures, Results, RunFigures } from './results.ts';

export const columns = [
  'cell',
  'strategy',
  'batchSize',
  'shardSize',
  'threads',
  'learningRate',
  'seed',
  'outcome',
  'epoch',
  'updates',
  'samples',
  'seconds',
  'trainLoss',
  'testLoss',
  'testAccuracy',
] as const;

export function resultsCsv({ cells }: Results): string {
  const rows = cells.flatMap((cell) =>
    cell.runs.flatMap((run) =>
      run.epochs.length === 0
        ? [rowOf(cell, run, undefined)]
        : run.epochs.map((epoch) => rowOf(cell, run, epoch)),
    ),
  );
  return csvLine(columns) + rows.join('');
}

function rowOf(cell: CellFigures, { seed, outcome }: RunFigures, epoch: EpochPoint | undefined): string {
  const { id, strategy, batchSize, shardSize, threads, learningRate } = cell;
  return csvLine([
    ...[id, strategy, batchSize, shardSize, threads, learningRate, seed, outcome],
    ...[epoch?.epoch, epoch?.updates, epoch?.samples, epoch?.seconds],
    ...[epoch?.trainLoss, epoch?.testLoss, epoch?.testAccuracy],
  ]);
}
