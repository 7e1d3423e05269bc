/**
 * Curves with their spread, over axes that may be logarithmic in both directions: the mean as a line, one standard
 * deviation to each side as a band. In: points in the order of x; out: a chart. What does not lie on a logarithmic axis
 * is left out.
 */

import { axes, labelRoom, type Plot } from '../../report/charts/axes.ts';
import { type Chart, line, text, textWidth } from '../../report/charts/chart.ts';
import { coordinate, element, escapeText } from '../../report/charts/markup.ts';
import { extentOf, linearScale, logScale, type Scale } from '../../report/charts/scale.ts';

export interface BandPoint {
  readonly x: number;
  readonly y: number;
  /** To each side. */
  readonly spread: number;
}

export interface BandSeries {
  readonly name: string;
  /** 1 to `rampLooks`. */
  readonly look: number;
  readonly points: readonly BandPoint[];
  /** It went out of bounds: its line is drawn where it fits, and the height of the axis is left to the others. */
  readonly unbounded?: boolean;
}

export interface BandChartOptions {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly BandSeries[];
  readonly xScale: 'linear' | 'log';
  readonly yScale: 'linear' | 'log';
  /** These ticks instead of round numbers, where they leave room for each other. */
  readonly xTicks?: readonly number[];
  readonly xWhole?: boolean;
  readonly yFormat?: (value: number) => string;
  /** A horizontal line with a text, such as a target. */
  readonly mark?: { readonly y: number; readonly label: string };
  /** A dot at every point, with its values for those who point at it. */
  readonly dots?: boolean;
}

const WIDTH = 500;
const HEIGHT = 320;
const TICKS = 6;

export function bandChart(options: BandChartOptions): Chart {
  const { series, mark, xScale, yScale, yFormat } = options;
  const plot: Plot = { left: 0, right: WIDTH - (mark === undefined ? 26 : 44), top: 34, bottom: HEIGHT - 46 };
  const shown = series.map((one) => ({ ...one, points: one.points.filter(fits(options)) }));
  const points = shown.flatMap((one) => one.points);
  const bounded = shown.filter((one) => one.unbounded !== true).flatMap((one) => one.points);
  const heights = [
    ...(bounded.length > 0 ? bounded : points).flatMap(({ y, spread }) => [
      y,
      y + spread,
      ...(y > 2 * spread ? [y - spread] : []),
    ]),
    ...(mark === undefined ? [] : [mark.y]),
  ];
  const y = formatted(
    scaleOf(yScale, extentOf(heights), { from: plot.bottom, to: plot.top, ticks: TICKS }),
    yFormat,
  );
  const left = labelRoom(y);
  const x = withTicks(
    scaleOf(
      xScale,
      extentOf(points.map((point) => point.x)),
      { from: left, to: plot.right, ticks: TICKS },
      options,
    ),
    options.xTicks,
  );
  const place = { plot: { ...plot, left }, x, y };
  const body = [
    axes(place.plot, { x, y, xLabel: options.xLabel, yLabel: options.yLabel }),
    mark === undefined ? '' : marked(mark, place),
    clipped(
      place.plot,
      [
        ...shown.map((one) => band(one, place)),
        ...shown.map((one) => curve(one, place)),
        ...(options.dots === true ? shown.map((one) => dots(one, place, options)) : []),
      ].join(''),
    ),
  ].join('');
  return { width: WIDTH, height: HEIGHT, title: options.title, description: options.description, body };
}

interface Place {
  readonly plot: Plot;
  readonly x: Scale;
  readonly y: Scale;
}

function fits({ xScale, yScale }: BandChartOptions): (point: BandPoint) => boolean {
  const isOn = (value: number, scale: 'linear' | 'log') =>
    Number.isFinite(value) && (scale === 'linear' || value > 0);
  return ({ x, y }) => isOn(x, xScale) && isOn(y, yScale);
}

function scaleOf(
  kind: 'linear' | 'log',
  extent: readonly [number, number],
  range: { from: number; to: number; ticks: number },
  { xWhole = false }: { xWhole?: boolean } = {},
): Scale {
  if (kind === 'log') return logScale(extent, range);
  return linearScale(extent, { ...range, exact: xWhole, whole: xWhole });
}

function formatted(scale: Scale, format: ((value: number) => string) | undefined): Scale {
  return format === undefined ? scale : { ...scale, label: format };
}

/** Of ticks that would lie over each other the later is left out. */
function withTicks(scale: Scale, ticks: readonly number[] | undefined): Scale {
  if (ticks === undefined) return scale;
  let free = -Infinity;
  const kept = ticks.filter((tick) => {
    const half = textWidth(scale.label(tick)) / 2;
    if (scale.at(tick) - half < free) return false;
    free = scale.at(tick) + half + 4;
    return true;
  });
  return { ...scale, ticks: kept };
}

function curve({ points, look }: BandSeries, { x, y }: Place): string {
  if (points.length < 2) return '';
  return element('path', {
    d: path(points.map((point) => [x.at(point.x), y.at(point.y)])),
    class: `line ramp-${look}`,
  });
}

/** On a logarithmic axis a spread down to 0 ends at the lower edge. */
function band({ points, look, unbounded }: BandSeries, { plot, x, y }: Place): string {
  if (unbounded === true || points.length < 2 || points.every(({ spread }) => spread === 0)) return '';
  const at = (value: number) => {
    const pixel = y.at(value);
    return Number.isFinite(pixel)
      ? Math.min(plot.bottom + 2, Math.max(plot.top - 2, pixel))
      : plot.bottom + 2;
  };
  const upper = points.map((point): [number, number] => [x.at(point.x), at(point.y + point.spread)]);
  const lower = points.map((point): [number, number] => [x.at(point.x), at(point.y - point.spread)]);
  return element('path', { d: `${path([...upper, ...lower.reverse()])}Z`, class: `band-${look}` });
}

function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${coordinate(px)} ${coordinate(py)}`).join('');
}

function dots({ name, points, look }: BandSeries, { x, y }: Place, options: BandChartOptions): string {
  return points
    .map((point) => {
      const spread = point.spread === 0 ? '' : ` ± ${y.label(point.spread)}`;
      const label = `${name}, ${options.xLabel} ${x.label(point.x)}: ${y.label(point.y)}${spread}`;
      const where = { cx: coordinate(x.at(point.x)), cy: coordinate(y.at(point.y)), r: 3.2 };
      return element('circle', { ...where, class: `spot-${look}` }, element('title', {}, escapeText(label)));
    })
    .join('');
}

function marked({ y: value, label }: { y: number; label: string }, { plot, y }: Place): string {
  const at = y.at(value);
  const where = { x: coordinate(plot.right + 5), y: coordinate(at + 4) };
  return line([plot.left, at], [plot.right, at], 'reference') + text(label, { ...where, class: 'label' });
}

/** An inner picture shows nothing outside itself, and needs no id as a clip path would. */
function clipped({ left, right, top, bottom }: Plot, content: string): string {
  // Room for half a dot beyond the edges.
  const [x, y, width, height] = [left - 4, top - 4, right - left + 8, bottom - top + 8].map(coordinate);
  return element('svg', { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }, content);
}
