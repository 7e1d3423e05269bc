/** One chart of one series, drawn by uPlot: it follows the theme and the width of the page. */

import uPlot from 'uplot';
import { exactText } from '../view/format.ts';

const HEIGHT = 220;

export interface PlotOptions {
  /** How values are written at their axis. */
  readonly text: (value: number) => string;
  /** Of the values; by default what they span. */
  readonly range?: readonly [number, number];
}

/** Steps and their values, both in order. */
export type Series = readonly [readonly number[], readonly number[]];

export function openPlot(place: HTMLElement, options: PlotOptions): (series: Series) => void {
  const plot = new uPlot(plotOptions(place.clientWidth, options), [[], []], place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  // Colours are those of the style sheet at the time of drawing.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());
  return ([steps, values]) => plot.setData([[...steps], [...values]]);
}

function plotOptions(width: number, { text, range }: PlotOptions): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colour('--muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: () => colour('--rule'), width: 1 },
    ticks: { stroke: () => colour('--rule'), width: 1, size: 4 },
  };
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, ...(range !== undefined && { y: { range: [...range] } }) },
    axes: [
      {
        ...axis,
        space: 80,
        size: 32,
        values: (_plot, steps) => steps.map((step) => (step % 1 === 0 ? exactText(step) : '')),
      },
      { ...axis, size: 58, values: (_plot, values) => values.map(text) },
    ],
    series: [
      {},
      {
        stroke: () => colour('--line'),
        width: 2,
        fill: () => colour('--line-area'),
        points: { show: false },
      },
    ],
  };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
