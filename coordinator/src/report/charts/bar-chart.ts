/** Horizontal bars from 0, with the value behind each: for comparisons of a few named things. */

import { formatNumber } from '../../cli/format.ts';
import { legend } from './axes.ts';
import { type Chart, text, textWidth } from './chart.ts';
import { coordinate, element } from './markup.ts';

export interface BarGroup {
  readonly name: string;
  /** One value at least 0 for each series; undefined draws none. */
  readonly values: readonly (number | undefined)[];
}

export interface BarChartOptions {
  readonly title: string;
  readonly description: string;
  readonly groups: readonly BarGroup[];
  /** Names of the series; one that is not named needs no legend. */
  readonly series?: readonly string[];
  /** Colour of each series, 1 to 4; default its place. */
  readonly looks?: readonly (1 | 2 | 3 | 4)[];
  readonly format?: (value: number) => string;
  /** Default 480; the height follows from the number of bars. */
  readonly width?: number;
}

const BAR = 16;
const BAR_GAP = 3;
const GROUP_GAP = 12;
const NAME_SHARE_MAX = 0.45;

export function barChart(options: BarChartOptions): Chart {
  const { groups, series = [], width = 480, format = (value) => formatNumber(value, 3) } = options;
  const look = (index: number) => options.looks?.[index] ?? (index % 4) + 1;
  const values = groups.flatMap((group) => group.values.filter((value) => value !== undefined));
  const highest = Math.max(0, ...values);
  const names = Math.max(0, ...groups.map(({ name }) => textWidth(name)));
  const left = Math.min(names + 12, width * NAME_SHARE_MAX);
  const valueRoom = Math.max(0, ...values.map((value) => textWidth(format(value)))) + 10;
  const perUnit = highest === 0 ? 0 : (width - left - valueRoom) / highest;
  const top = series.length > 1 ? 28 : 6;
  let y = top;
  const parts: string[] = [];
  for (const { name, values: row } of groups) {
    const height = row.length * (BAR + BAR_GAP) - BAR_GAP;
    parts.push(
      text(name, { x: coordinate(left - 8), y: coordinate(y + height / 2 + 4), 'text-anchor': 'end' }),
    );
    for (const [i, value] of row.entries()) {
      if (value !== undefined) {
        const length = Math.max(1, value * perUnit);
        const place = { x: coordinate(left), y, width: coordinate(length), height: BAR, rx: 2 };
        parts.push(element('rect', { ...place, class: `fill-${look(i)}` }));
        parts.push(text(format(value), { x: coordinate(left + length + 6), y: y + 12.5, class: 'label' }));
      }
      y += BAR + BAR_GAP;
    }
    y += GROUP_GAP - BAR_GAP;
  }
  const entries = series.map((name, i) => ({ name, className: `line stroke-${look(i)}` }));
  const body = legend(entries, { right: width - 4, y: 14 }) + parts.join('');
  return { width, height: y, title: options.title, description: options.description, body };
}
