/** The frame of charts with two axes: grid, ticks, labels, and a row that names the series. */

import { line, text, textWidth } from './chart.ts';
import { coordinate, element } from './markup.ts';
import type { Scale } from './scale.ts';

/** The rectangle that holds the data, in pixels. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface AxesOptions {
  readonly x: Scale;
  readonly y: Scale;
  readonly xLabel: string;
  readonly yLabel: string;
}

export function axes(plot: Plot, { x, y, xLabel, yLabel }: AxesOptions): string {
  const { left, right, top, bottom } = plot;
  const horizontal = y.ticks.map((tick) => {
    const at = y.at(tick);
    const label = { x: left - 8, y: coordinate(at + 4), 'text-anchor': 'end', class: 'label' };
    return line([left, at], [right, at], 'grid') + text(y.label(tick), label);
  });
  const vertical = x.ticks.map((tick) => {
    const at = x.at(tick);
    const label = { x: coordinate(at), y: bottom + 18, 'text-anchor': 'middle', class: 'label' };
    return line([at, bottom], [at, bottom + 4], 'axis') + text(x.label(tick), label);
  });
  return [
    ...horizontal,
    ...vertical,
    line([left, bottom], [right, bottom], 'axis'),
    text(xLabel, {
      x: coordinate((left + right) / 2),
      y: bottom + 36,
      'text-anchor': 'middle',
      class: 'label',
    }),
    text(yLabel, { x: 4, y: top - 10, class: 'label' }),
  ].join('');
}

/** Pixels that the labels of a scale need to its left. */
export function labelRoom(scale: Scale): number {
  return Math.max(...scale.ticks.map((tick) => textWidth(scale.label(tick)))) + 16;
}

export interface LegendEntry {
  readonly name: string;
  /** Classes of the sample line. */
  readonly className: string;
}

/** One row that ends at `right`; nothing for a single series, which the title names. */
export function legend(entries: readonly LegendEntry[], { right, y }: { right: number; y: number }): string {
  if (entries.length < 2) return '';
  const sample = 22;
  let x = right;
  const parts: string[] = [];
  for (const { name, className } of [...entries].reverse()) {
    x -= textWidth(name);
    parts.unshift(text(name, { x: coordinate(x), y, class: 'label' }));
    x -= sample + 5;
    const ends = { x1: coordinate(x), y1: y - 4, x2: coordinate(x + sample), y2: y - 4 };
    parts.unshift(element('line', { ...ends, class: className }));
    x -= 14;
  }
  return parts.join('');
}
