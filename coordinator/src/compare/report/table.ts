/** All cells in two tables: what each did, and what came of it. In: the results; out: texts, one row for a cell. */

import { formatCount, formatDuration, formatPercent } from '../../cli/format.ts';
import type { CellFigures, EpochSummary, Results } from '../results.ts';
import type { Statistic } from '../statistics.ts';
import { plain } from '../text.ts';
import { finalOf } from './figures.ts';

export interface CellsTable {
  readonly header: string[];
  readonly rows: string[][];
}

/** What is not there has no number. */
const NONE = '-';

type Text = (value: number) => string;

interface Column {
  readonly name: string;
  cell(figures: CellFigures): string;
}

/** What each cell was and how much it did. */
export function workTable({ cells }: Results): CellsTable {
  return tableOf(cells, [
    { name: 'Cell', cell: ({ id }) => id },
    { name: 'Batch', cell: ({ batchSize }) => formatCount(batchSize) },
    { name: 'Shard', cell: ({ shardSize }) => formatCount(shardSize) },
    { name: 'Threads', cell: ({ threads }) => String(threads) },
    { name: 'Learning rate', cell: ({ learningRate }) => plain(learningRate) },
    { name: 'Runs', cell: runsText },
    { name: 'Updates', cell: (cell) => ofRuns(cell, ({ updates }) => updates) },
    { name: 'Synchronizations', cell: (cell) => ofRuns(cell, ({ synchronizations }) => synchronizations) },
    { name: 'Samples/s', cell: ({ samplesPerSecond }) => spread(samplesPerSecond, rate) },
    { name: 'Updates/s', cell: ({ updatesPerSecond }) => spread(updatesPerSecond, rate) },
  ]);
}

/** What came of it. */
export function outcomeTable(results: Results): CellsTable {
  const { cells, target } = results;
  const counts = cells.some(({ epochs }) => epochs.some(({ testAccuracy }) => testAccuracy !== undefined));
  const final = (name: string, of: (end: EpochSummary) => Statistic | undefined, text: Text): Column => ({
    name,
    cell: (figures) => {
      const end = finalOf(figures, results);
      return spread(end && of(end), text);
    },
  });
  const goal = (name: string, of: keyof typeof texts): Column => ({
    name,
    cell: (figures) => toTarget(figures, of),
  });
  const goals = [goal('Epochs to target', 'epochs'), goal('Samples', 'samples'), goal('Time', 'seconds')];
  return tableOf(cells, [
    { name: 'Cell', cell: ({ id }) => id },
    ...(target === undefined ? [] : goals),
    final(
      'Seconds in all',
      ({ seconds }) => seconds,
      (value) => value.toFixed(2),
    ),
    final('Test loss', ({ testLoss }) => testLoss, plain),
    ...(counts
      ? [
          final(
            'Test accuracy',
            ({ testAccuracy }) => testAccuracy,
            (value) => formatPercent(value),
          ),
        ]
      : []),
  ]);
}

function tableOf(cells: readonly CellFigures[], columns: readonly Column[]): CellsTable {
  return {
    header: columns.map(({ name }) => name),
    rows: cells.map((figures) => columns.map((column) => column.cell(figures))),
  };
}

/** `3`, or `3, 1 diverged`. */
function runsText({ runs, diverged }: CellFigures): string {
  return diverged === 0 ? String(runs.length) : `${runs.length}, ${diverged} diverged`;
}

function ofRuns({ runs }: CellFigures, of: (run: CellFigures['runs'][number]) => number): string {
  const finished = runs.find(({ outcome }) => outcome === 'finished');
  return finished === undefined ? NONE : formatCount(of(finished));
}

const texts = {
  epochs: plain,
  samples: (value: number) => formatCount(value),
  seconds: (value: number) => formatDuration(value * 1000),
} as const;

function toTarget({ target, runs }: CellFigures, of: keyof typeof texts): string {
  if (runs.length === 0 || target === undefined) return NONE;
  const value = target[of];
  if (value === undefined) return 'not reached';
  const note = target.reached < target.runs ? ` (${target.reached} of ${target.runs})` : '';
  return spread(value, texts[of]) + note;
}

/** `96.31 % ± 0.12 %`; the spread is one standard deviation over seeds. */
export function spread(statistic: Statistic | undefined, text: (value: number) => string): string {
  if (statistic === undefined) return NONE;
  const { mean, deviation } = statistic;
  return deviation === null ? text(mean) : `${text(mean)} ± ${text(deviation)}`;
}

function rate(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded >= 100 ? formatCount(rounded) : String(rounded);
}
