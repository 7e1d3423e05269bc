/**
 * Curves over one axis, such as the loss over epochs. In: points in the order of x; out: a chart with a logarithmic
 * y axis where that is asked for, or left to the values and they span more than two powers of ten.
 */

import { formatNumber } from '../../cli/format.ts';
import { axes, labelRoom, legend, type Plot } from './axes.ts';
import { type Chart, line, text, textWidth } from './chart.ts';
import { coordinate, element, escapeText } from './markup.ts';
import { extentOf, linearScale, logScale, type Scale, spansDecades } from './scale.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** 1 to 4: colour and dashes; default the place in the list. */
  readonly look?: 1 | 2 | 3 | 4;
  /** Thin, for what is noisy and not to be looked at first. */
  readonly faint?: boolean;
  /** Without the dashes of its look. */
  readonly solid?: boolean;
  /** A dot at every point, with its values for those who point at it. */
  readonly dots?: boolean;
}

export interface LineChartOptions {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Default 480 x 300. */
  readonly width?: number;
  readonly height?: number;
  /** Default `linear`. */
  readonly yScale?: 'linear' | 'log' | 'auto';
  /** Text of a tick and of a value; default plain numbers. */
  readonly yFormat?: (value: number) => string;
  /** Ends of the axes instead of those of the points. */
  readonly xRange?: readonly [number, number];
  /** Ticks of the x axis at whole numbers only. */
  readonly xWhole?: boolean;
  readonly yRange?: readonly [number, number];
  /** A vertical line with a text, such as the best epoch. */
  readonly mark?: { readonly x: number; readonly label: string };
  /** A straight line to compare with, from one point to another. */
  readonly reference?: readonly [Point, Point];
}

const POINTS_MAX = 500;
const TICKS_X = 6;
const TICKS_Y = 5;

export function lineChart(options: LineChartOptions): Chart {
  const { width = 480, height = 300, series, mark } = options;
  const plot = { left: 0, right: width - 14, top: 40, bottom: height - 46 };
  const y = yScaleOf(options, { from: plot.bottom, to: plot.top, ticks: TICKS_Y });
  plot.left = labelRoom(y);
  const xExtent = options.xRange ?? extentOf(series.flatMap(({ points }) => points.map((point) => point[0])));
  const x = linearScale(xExtent, {
    from: plot.left,
    to: plot.right,
    ticks: TICKS_X,
    exact: true,
    whole: options.xWhole === true,
  });
  const entries = series.map((one, i) => ({ name: one.name, className: lineClass(one, i) }));
  const body = [
    axes(plot, { x, y, xLabel: options.xLabel, yLabel: options.yLabel }),
    legend(entries, { right: plot.right, y: 14 }),
    options.reference === undefined ? '' : referenceLine(options.reference, x, y),
    mark === undefined ? '' : markLine(mark, x, plot),
    clipped(plot, series.map((one, i) => curve(one, lineClass(one, i), { x, y })).join('')),
    ...series.map((one, i) => (one.dots === true ? dots(one, lookOf(one, i), { x, y, options }) : '')),
  ].join('');
  return { width, height, title: options.title, description: options.description, body };
}

function yScaleOf(options: LineChartOptions, range: { from: number; to: number; ticks: number }): Scale {
  const { series, yScale = 'linear', yRange, yFormat } = options;
  const extent = yRange ?? extentOf(series.flatMap(({ points }) => points.map((point) => point[1])));
  if (yScale === 'log' || (yScale === 'auto' && spansDecades(extent))) return logScale(extent, range);
  // A scale that begins near 0 begins at 0, so that heights can be compared.
  const low = yRange === undefined && extent[0] > 0 && extent[0] < extent[1] / 2 ? 0 : extent[0];
  return linearScale([low, extent[1]], { ...range, ...(yFormat !== undefined && { format: yFormat }) });
}

function lookOf({ look }: Series, index: number): number {
  return look ?? (index % 4) + 1;
}

function lineClass(series: Series, index: number): string {
  const look = lookOf(series, index);
  return `line stroke-${look}${series.faint === true ? ' faint' : ''}${series.solid === true ? '' : ` dash-${look}`}`;
}

function curve({ points }: Series, className: string, { x, y }: { x: Scale; y: Scale }): string {
  const shown = thinned(points.filter(([, value]) => Number.isFinite(y.at(value))));
  if (shown.length < 2) return '';
  const path = shown.map(
    ([px, py], i) => `${i === 0 ? 'M' : 'L'}${coordinate(x.at(px))} ${coordinate(y.at(py))}`,
  );
  return element('path', { d: path.join(''), class: className });
}

/** An inner picture shows nothing outside itself, and needs no id as a clip path would. */
function clipped({ left, right, top, bottom }: Plot, content: string): string {
  // Half a line's width more, so that curves along an edge are whole.
  const [x, y, width, height] = [left - 2, top - 2, right - left + 4, bottom - top + 4].map(coordinate);
  return element('svg', { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }, content);
}

/** Of long curves the first, the lowest, the highest and the last point of each stretch, so that no peak is lost. */
export function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= POINTS_MAX) return points;
  const stretches = Math.floor(POINTS_MAX / 4);
  return Array.from({ length: stretches }, (_, k) => {
    const begin = Math.floor((k * points.length) / stretches);
    const end = Math.floor(((k + 1) * points.length) / stretches);
    let [low, high] = [begin, begin];
    for (let i = begin; i < end; i++) {
      if (points[i]![1] < points[low]![1]) low = i;
      if (points[i]![1] > points[high]![1]) high = i;
    }
    const kept = [...new Set([begin, low, high, end - 1])].sort((a, b) => a - b);
    return kept.map((i) => points[i]!);
  }).flat();
}

interface DotPlace {
  readonly x: Scale;
  readonly y: Scale;
  readonly options: LineChartOptions;
}

function dots({ name, points }: Series, look: number, { x, y, options }: DotPlace): string {
  const value = (number: number) => (options.yFormat ?? formatNumber)(number);
  // Many dots would be a thick line; then only the end is marked.
  const shown = points.length <= 40 ? points : points.slice(-1);
  return shown
    .filter(([, value]) => value >= y.min && value <= y.max)
    .map((point) => {
      const label = `${name}, ${options.xLabel} ${Number(point[0].toPrecision(4))}: ${value(point[1])}`;
      const place = { cx: coordinate(x.at(point[0])), cy: coordinate(y.at(point[1])), r: 3 };
      return element('circle', { ...place, class: `fill-${look}` }, element('title', {}, escapeText(label)));
    })
    .join('');
}

function referenceLine([from, to]: readonly [Point, Point], x: Scale, y: Scale): string {
  return line([x.at(from[0]), y.at(from[1])], [x.at(to[0]), y.at(to[1])], 'reference');
}

function markLine({ x: value, label }: { x: number; label: string }, x: Scale, plot: Plot): string {
  const at = x.at(value);
  // The text stands where there is room for it.
  const room = at + textWidth(label) + 6 <= plot.right;
  const place = {
    x: coordinate(room ? at + 6 : at - 6),
    y: plot.top + 12,
    'text-anchor': room ? 'start' : 'end',
  };
  return (
    line([at, plot.top], [at, plot.bottom], 'reference') + text(label, { ...place, class: 'label strong' })
  );
}
