/** How the report names cells and reads their figures: nouns, the metric that decides, the last epoch. */

import { formatNumber, formatPercent } from '../../cli/format.ts';
import type { CellFigures, EpochSummary, Results } from '../results.ts';
import type { Target } from '../schema.ts';
import type { Statistic } from '../statistics.ts';
import { strategyOf } from '../strategies.ts';
import { plain } from '../text.ts';

/** What tells which of two networks is the better one. */
export interface Metric {
  readonly name: 'test accuracy' | 'test loss';
  /** Absent in epochs without it. */
  of(epoch: EpochSummary): Statistic | undefined;
  isBetter(a: number, b: number): boolean;
  text(value: number): string;
}

const accuracy: Metric = {
  name: 'test accuracy',
  of: ({ testAccuracy }) => testAccuracy,
  isBetter: (a, b) => a > b,
  text: (value) => formatPercent(value),
};
const loss: Metric = {
  name: 'test loss',
  of: ({ testLoss }) => testLoss,
  isBetter: (a, b) => a < b,
  text: (value) => formatNumber(value),
};

/** The accuracy where there is one. */
export function metricOf({ cells }: Pick<Results, 'cells'>): Metric {
  const counts = cells.some(({ epochs }) => epochs.some(({ testAccuracy }) => testAccuracy !== undefined));
  return counts ? accuracy : loss;
}

/** `batches of 32`, with the learning rate and the threads where cells differ in them. */
export function nounOf(cell: CellFigures, { cells }: Pick<Results, 'cells'>): string {
  const { strategy, batchSize, baseRate, threads } = cell;
  const differs = (of: (cell: CellFigures) => number) => new Set(cells.map(of)).size > 1;
  return [
    strategyOf(strategy).noun(batchSize),
    ...(differs((one) => one.baseRate) ? [`at learning rate ${plain(baseRate)}`] : []),
    ...(differs((one) => one.threads) ? [`on ${threads === 1 ? '1 thread' : `${threads} threads`}`] : []),
  ].join(' ');
}

/** Without the cells that differ from another in threads alone: those have the same weights, and other times. */
export function distinctCells<T extends Pick<Results, 'cells'>>(results: T): T {
  const first = results.cells[0]?.threads;
  return { ...results, cells: results.cells.filter(({ threads }) => threads === first) };
}

/** `95 % test accuracy`, `a test loss of 0.2`. */
export function targetText({ metric, value }: Target): string {
  return metric === 'testAccuracy'
    ? `${Number((value * 100).toFixed(4))} % test accuracy`
    : `a test loss of ${plain(value)}`;
}

/** The end of the last epoch that all runs so far have seen the end of; undefined before the first, or after divergence. */
export function finalOf(cell: CellFigures, { epochs }: Pick<Results, 'epochs'>): EpochSummary | undefined {
  if (cell.diverged > 0) return undefined;
  return cell.epochs.find(({ epoch }) => epoch === epochs);
}
