/**
 * What every kind of chart shares: a picture in pixels of its own that grows and shrinks with the page, with a title
 * and a description for those who do not see it, and classes instead of colours, so that one picture fits a light
 * and a dark page. `inlineSvg` puts it in a page that has `chartStyle`; `standaloneSvg` makes a file of it.
 */

import { colourVariables, type Theme } from './colours.ts';
import { coordinate, element, escapeText } from './markup.ts';

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** What is shown, in a few words; drawn above the chart when it stands alone. */
  readonly title: string;
  /** What there is to see, in a sentence or two. */
  readonly description: string;
  /** SVG elements. */
  readonly body: string;
}

/** An element for a page; `id` begins the ids inside, so it must be used once. */
export function inlineSvg(chart: Chart, id: string): string {
  const { width, height } = chart;
  const attributes = { class: 'chart', viewBox: `0 0 ${width} ${height}`, ...accessible(id) };
  return element('svg', attributes, titles(chart, id) + chart.body);
}

export interface StandaloneOptions {
  /** Default `light`. */
  readonly theme?: Theme;
}

const TITLE_HEIGHT = 36;

/** The text of an SVG file with its own ground, colours and heading, which needs nothing else. */
export function standaloneSvg(chart: Chart, { theme = 'light' }: StandaloneOptions = {}): string {
  const { width, height, title } = chart;
  const whole = height + TITLE_HEIGHT;
  const variables = colourVariables(theme);
  // Not all viewers know CSS variables.
  const style = chartStyle.replace(/var\(--([\w-]+)\)/g, (_, name: string) => variables[name] ?? 'none');
  const content = [
    titles(chart, 'chart'),
    element('style', {}, style),
    element('rect', { width, height: whole, fill: variables.ground }),
    text(title, { x: 16, y: 25, class: 'heading' }),
    element('g', { transform: `translate(0 ${TITLE_HEIGHT})` }, chart.body),
  ].join('');
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'chart',
    width,
    height: whole,
    viewBox: `0 0 ${width} ${whole}`,
    ...accessible('chart'),
  };
  return `${element('svg', attributes, content)}\n`;
}

function accessible(id: string) {
  return { role: 'img', 'aria-labelledby': `${id}-title ${id}-description` };
}

function titles({ title, description }: Chart, id: string): string {
  return (
    element('title', { id: `${id}-title` }, escapeText(title)) +
    element('desc', { id: `${id}-description` }, escapeText(description))
  );
}

/** The style of all charts; colours are CSS variables named as in `Colours`. */
export const chartStyle = [
  '.chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--text)}',
  '.chart .heading{font-size:15px;font-weight:600}',
  '.chart .label{fill:var(--muted)}',
  '.chart .strong{font-weight:600}',
  '.chart .small{font-size:10px}',
  '.chart .grid{stroke:var(--rule);stroke-width:1}',
  '.chart .axis{stroke:var(--reference);stroke-width:1}',
  '.chart .reference{stroke:var(--reference);stroke-width:1.5;stroke-dasharray:5 4;fill:none}',
  '.chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}',
  '.chart .faint{stroke-width:1.2;opacity:.55}',
  '.chart .dash-2{stroke-dasharray:7 4}',
  '.chart .dash-3{stroke-dasharray:2 4}',
  '.chart .dash-4{stroke-dasharray:9 3 2 3}',
  ...[1, 2, 3, 4].flatMap((i) => [
    `.chart .stroke-${i}{stroke:var(--series-${i})}`,
    `.chart .fill-${i}{fill:var(--series-${i})}`,
  ]),
  '.chart .dot{fill-opacity:.45}',
  '.chart .right{fill:var(--right)}',
  '.chart .wrong{fill:var(--wrong)}',
  '.chart .cell{stroke:var(--rule);stroke-width:1;fill:none}',
].join('\n');

/** A text; its content is escaped. */
export function text(
  content: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
): string {
  return element('text', attributes, escapeText(content));
}

export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  className: string,
): string {
  const ends = { x1: coordinate(x1), y1: coordinate(y1), x2: coordinate(x2), y2: coordinate(y2) };
  return element('line', { ...ends, class: className });
}

/** An estimate of the width of a text in pixels: the fonts of a page are not known when it is written. */
export function textWidth(content: string, fontSize = 12): number {
  return Array.from(content).length * fontSize * 0.6;
}
