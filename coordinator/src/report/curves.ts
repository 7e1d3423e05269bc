/** The curves of a training, over epochs: loss, accuracy where there is one, learning rate where it changes. */

import { formatNumber, formatPercent } from '../cli/format.ts';
import {
  type EpochRecord,
  epochsOf,
  type Means,
  type MetricsRecord,
  type TrainRecord,
} from '../metrics/record.ts';
import type { Chart } from './charts/chart.ts';
import { lineChart, type Point, type Series } from './charts/line-chart.ts';

export interface CurvesOptions {
  readonly stepsPerEpoch: number;
  /** The epoch whose weights were kept, where early stopping chose one. */
  readonly bestEpoch?: number | undefined;
}

/** In the order in which they are looked at; none where nothing was recorded yet. */
export function curves(records: readonly MetricsRecord[], options: CurvesOptions): readonly Chart[] {
  if (records.length === 0) return [];
  const charts = [lossCurve(records, options)];
  if (records.some((record) => trainMeans(record).accuracy !== undefined))
    charts.push(accuracyCurve(records, options));
  const rate = rateCurve(records, options);
  return rate === undefined ? charts : [...charts, rate];
}

function lossCurve(records: readonly MetricsRecord[], options: CurvesOptions): Chart {
  const series = seriesOf(records, ({ loss }) => loss, options);
  return lineChart({
    title: 'Loss',
    description: described(series, formatNumber),
    ...epochAxis(records, options),
    yLabel: 'mean loss',
    yScale: 'auto',
    series,
    ...marked(options),
  });
}

function accuracyCurve(records: readonly MetricsRecord[], options: CurvesOptions): Chart {
  const series = seriesOf(records, ({ accuracy }) => accuracy, options);
  const values = series.flatMap(({ points }) => points.map((point) => point[1]));
  const low = Math.min(...values, 1);
  // The first steps would push the rest to the upper edge; what matters is where epochs end.
  const ends = series.flatMap(({ points, faint }) => (faint === true ? [] : points.map((point) => point[1])));
  const bottom = ends.length === 0 ? low : Math.max(low, Math.min(...ends) - 0.15);
  return lineChart({
    title: 'Accuracy',
    description: described(series, formatPercent),
    ...epochAxis(records, options),
    yLabel: 'accuracy',
    yFormat: (value) => `${Number((value * 100).toFixed(4))} %`,
    yRange: [bottom, 1],
    series,
    ...marked(options),
  });
}

/** Undefined where the rate is always the same or nobody wrote it down. */
function rateCurve(records: readonly MetricsRecord[], options: CurvesOptions): Chart | undefined {
  const points = trainRecords(records).flatMap(({ step, learningRate }): Point[] =>
    learningRate === undefined ? [] : [[step / options.stepsPerEpoch, learningRate]],
  );
  if (new Set(points.map((point) => point[1])).size < 2) return undefined;
  const series = [{ name: 'learning rate', points }];
  return lineChart({
    title: 'Learning rate',
    description: described(series, formatNumber),
    ...epochAxis(records, options),
    yLabel: 'learning rate',
    series,
  });
}

function seriesOf(
  records: readonly MetricsRecord[],
  value: (means: Means) => number | undefined,
  { stepsPerEpoch }: CurvesOptions,
): readonly Series[] {
  const at = <T extends MetricsRecord>(all: readonly T[], means: (record: T) => Means | undefined): Point[] =>
    all.flatMap((record): Point[] => {
      const part = means(record);
      const y = part === undefined ? undefined : value(part);
      return y === undefined ? [] : [[record.step / stepsPerEpoch, y]];
    });
  const epochs = epochsOf(records);
  const all: readonly Series[] = [
    { name: 'training', points: at(trainRecords(records), (record) => record), look: 1, faint: true },
    { name: 'validation', points: at(epochs, ({ validation }) => validation), look: 3, dots: true },
    { name: 'test', points: at(epochs, ({ test }) => test), look: 2, solid: true, dots: true },
  ];
  return all.filter(({ points }) => points.length > 0);
}

function described(series: readonly Series[], format: (value: number) => string): string {
  const sentences = series.map(({ name, points }) => {
    const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
    return `${name} from ${format(first)} to ${format(last)}`;
  });
  return `Over the epochs, ${sentences.join('; ')}.`;
}

function marked({ bestEpoch }: CurvesOptions) {
  return bestEpoch === undefined ? {} : { mark: { x: bestEpoch, label: `best: epoch ${bestEpoch}` } };
}

function trainRecords(records: readonly MetricsRecord[]): readonly TrainRecord[] {
  return records.filter((record) => record.kind === 'train');
}

function trainMeans(record: MetricsRecord): Means {
  return record.kind === 'train' ? record : record.train;
}

/** From the start of the run to the last record. */
function epochAxis(records: readonly MetricsRecord[], { stepsPerEpoch }: CurvesOptions) {
  const last = (records.at(-1)?.step ?? 0) / stepsPerEpoch;
  return { xLabel: 'epoch', xRange: [0, last] as const, xWhole: last >= 2 };
}

/** The header and rows of a table of all epochs, with the columns that any of them has. */
export function epochTable(epochs: readonly EpochRecord[]): { header: string[]; rows: string[][] } {
  const columns = (['train', 'validation', 'test'] as const).flatMap((part) =>
    (['loss', 'accuracy'] as const).map((metric) => ({ part, metric })),
  );
  const shown = columns.filter(({ part, metric }) =>
    epochs.some((epoch) => epoch[part]?.[metric] !== undefined),
  );
  const cell = (epoch: EpochRecord, { part, metric }: (typeof columns)[number]) => {
    const value = epoch[part]?.[metric];
    if (value === undefined) return '';
    return metric === 'loss' ? formatNumber(value) : formatPercent(value);
  };
  const name = (part: string) => (part === 'train' ? 'training' : part);
  return {
    header: ['Epoch', ...shown.map(({ part, metric }) => `${name(part)} ${metric}`)],
    rows: epochs.map((epoch) => [String(epoch.epoch), ...shown.map((column) => cell(epoch, column))]),
  };
}
