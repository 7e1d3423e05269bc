/** The charts of a comparison: curves at equal samples and at equal time, what the target took, rates over the batch. */

import { formatDuration, formatNumber } from '../../cli/format.ts';
import { barChart } from '../../report/charts/bar-chart.ts';
import type { Chart } from '../../report/charts/chart.ts';
import type { CellFigures, EpochSummary, Results } from '../results.ts';
import type { Statistic } from '../statistics.ts';
import { statisticOf } from '../statistics.ts';
import { capitalised, plain } from '../text.ts';
import type { BandPoint, BandSeries } from './band-chart.ts';
import { bandChart } from './band-chart.ts';
import { rampLook } from './colours.ts';
import { metricOf, nounOf, targetText } from './figures.ts';
import { curvesOverBatch } from './sentences.ts';

/** Names of bars that a picture of the usual width has room for. */
const NAME_CHARACTERS = 30;

/** What a network is worth as epochs go by: at equal samples. */
export function worthByEpochs(results: Results, cells: readonly CellFigures[]): Chart {
  return worth(results, cells, {
    title: 'By epochs',
    xLabel: 'epochs',
    xScale: 'linear',
    x: (epoch) => epoch.epoch,
  });
}

/** The same as time goes by. */
export function worthBySeconds(results: Results, cells: readonly CellFigures[]): Chart {
  return worth(results, cells, {
    title: 'By seconds',
    xLabel: 'seconds of training',
    xScale: 'log',
    x: (epoch) => epoch.seconds.mean,
  });
}

/** The mean of some steps each, fine enough to show how an epoch goes. */
export function lossBySamples(results: Results, cells: readonly CellFigures[]): Chart {
  const series = seriesOf(results, cells, (cell) => {
    const seeds = seedsOf(cell);
    const [first] = cell.runs;
    return (first?.losses ?? []).flatMap(({ samples }, i): BandPoint[] => {
      const values = cell.runs.flatMap(({ losses }) => losses[i]?.loss ?? []);
      return values.length < seeds ? [] : [pointOf(samples, statisticOf(values)!)];
    });
  });
  return losses('samples', 'training samples', series);
}

/** The means of epochs. */
export function lossBySeconds(results: Results, cells: readonly CellFigures[]): Chart {
  const series = seriesOf(results, cells, (cell) => {
    const seeds = seedsOf(cell);
    return cell.epochs.flatMap(({ trainLoss, seconds }): BandPoint[] =>
      trainLoss.n < seeds ? [] : [pointOf(seconds.mean, trainLoss)],
    );
  });
  return losses('seconds', 'seconds of training', series);
}

/** Seconds and epochs to the target; none where there is no target. */
export function targetCharts(results: Results): readonly Chart[] {
  const { target, cells } = results;
  if (target === undefined) return [];
  const bars = (title: string, of: 'seconds' | 'epochs', format: (value: number) => string) => {
    const groups = cells.map((cell) => {
      const { reached = 0, runs = 0 } = cell.target ?? {};
      const value = cell.target?.[of]?.mean;
      const noun = capitalised(nounOf(cell, results));
      return { name: noun + reachedNote(reached, runs), values: [value] };
    });
    const spoken = groups.map(({ name, values: [value] }) =>
      value === undefined ? name : `${name} ${format(value)}`,
    );
    const longest = Math.max(...groups.map(({ name }) => name.length));
    return barChart({
      // Long names need a wider picture, for bars to have room beside them.
      width: longest > NAME_CHARACTERS ? 640 : 480,
      title: `${title} to ${targetText(target)}`,
      description: `${spoken.join('; ')}.`,
      groups,
      format,
    });
  };
  return [
    bars('Seconds of training', 'seconds', (value) => formatDuration(value * 1000)),
    bars('Epochs', 'epochs', plain),
  ];
}

/** The name and the look of each curve over the batch size. */
export function rateCurves(results: Results): readonly { readonly name: string; readonly look: number }[] {
  return curvesOverBatch(results).map((group, i) => ({ name: groupName(group), look: rampLook(i) }));
}

/** What the cells of one curve over the batch size share. */
export function groupName([first]: readonly CellFigures[]): string {
  const { threads, baseRate } = first!;
  return `${threads === 1 ? '1 thread' : `${threads} threads`}, learning rate ${plain(baseRate)}`;
}

/** Samples and updates per second over the batch size. */
export function rateCharts(results: Results): readonly Chart[] {
  const rate = (title: string, of: 'samplesPerSecond' | 'updatesPerSecond') => {
    const series = curvesOverBatch(results).map((cells, i): BandSeries => {
      const points = cells.flatMap((cell): BandPoint[] => {
        const value = cell[of];
        return value === undefined ? [] : [pointOf(cell.batchSize, value)];
      });
      return { name: groupName(cells), look: rampLook(i), points };
    });
    return bandChart({
      title,
      description: `${title} over the batch size: ${series.map(spokenOf).join('; ')}.`,
      xLabel: 'batch size',
      yLabel: 'per second',
      xScale: 'log',
      yScale: 'log',
      xTicks: [...new Set(results.cells.map(({ batchSize }) => batchSize))].sort((a, b) => a - b),
      series,
      dots: true,
    });
  };
  return [rate('Samples per second', 'samplesPerSecond'), rate('Updates per second', 'updatesPerSecond')];
}

interface WorthOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly xScale: 'linear' | 'log';
  readonly x: (epoch: EpochSummary) => number;
}

/** Of the accuracy its distance to 1 is drawn, since on a logarithmic axis what is left to gain shows. */
function worth(results: Results, cells: readonly CellFigures[], options: WorthOptions): Chart {
  const { x, title, xLabel, xScale } = options;
  const metric = metricOf(results);
  const isAccuracy = metric.name === 'test accuracy';
  const what = isAccuracy ? 'test error' : 'test loss';
  const series = seriesOf(results, cells, (cell) => {
    const seeds = seedsOf(cell);
    return cell.epochs.flatMap((epoch): BandPoint[] => {
      const value = metric.of(epoch);
      if (value === undefined || value.n < seeds) return [];
      const point = pointOf(x(epoch), value);
      return [isAccuracy ? { ...point, y: 1 - point.y } : point];
    });
  });
  const { target } = results;
  const isTarget = target !== undefined && (target.metric === 'testAccuracy') === isAccuracy;
  return bandChart({
    title: `${capitalised(what)} ${title.toLowerCase()}`,
    description: `${capitalised(what)} over ${xLabel}: ${series.map(spokenOf).join('; ')}.`,
    xLabel,
    yLabel: what,
    xScale,
    xWhole: xScale === 'linear',
    yScale: 'log',
    ...(isAccuracy && { yFormat: percent }),
    ...(isTarget && {
      mark: { y: isAccuracy ? 1 - target.value : target.value, label: 'target' },
    }),
    series,
    dots: true,
  });
}

function losses(by: string, xLabel: string, series: readonly BandSeries[]): Chart {
  return bandChart({
    title: `Training loss by ${by}`,
    description: `Training loss over ${xLabel}: ${series.map(spokenOf).join('; ')}.`,
    xLabel,
    yLabel: 'mean loss',
    xScale: 'log',
    yScale: 'log',
    series,
    dots: by === 'seconds',
  });
}

function seriesOf(
  results: Results,
  cells: readonly CellFigures[],
  points: (cell: CellFigures) => readonly BandPoint[],
): readonly BandSeries[] {
  return cells
    .map((cell, i) => ({
      name: nounOf(cell, results),
      look: rampLook(i),
      points: points(cell),
      unbounded: cell.diverged > 0,
    }))
    .filter((one) => one.points.length > 0);
}

/** How many seeds a mean has to have: over fewer than all that ended it would jump where a run diverged. */
function seedsOf(cell: CellFigures): number {
  return cell.runs.filter(({ outcome }) => outcome === 'finished').length;
}

function pointOf(x: number, { mean, deviation }: Statistic): BandPoint {
  return { x, y: mean, spread: deviation ?? 0 };
}

function reachedNote(reached: number, runs: number): string {
  if (runs === 0) return ': not run yet';
  if (reached === 0) return ': not reached';
  return reached < runs ? ` (${reached} of ${runs} seeds)` : '';
}

function spokenOf({ name, points }: BandSeries): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return `${name} without figures`;
  return `${name} from ${formatNumber(first.y)} to ${formatNumber(last.y)}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
