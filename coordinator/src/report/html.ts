/** The blocks that a report is built of. In: plain texts, escaped here; out: HTML that is well-formed XML too. */

import { type Chart, inlineSvg } from './charts/chart.ts';
import { element, escapeText } from './charts/markup.ts';

export interface TableOptions {
  readonly caption: string;
  readonly header: readonly string[];
  /** Cells of plain text. The first of each row is its heading; those after it are numbers, set to the right. */
  readonly rows: readonly (readonly string[])[];
  /** How many columns, from the first, are texts, set to the left; default 1. */
  readonly texts?: number;
  /** Index of a row that stands out. */
  readonly strong?: number;
}

export interface PageOptions {
  readonly title: string;
  /** CSS. */
  readonly style: string;
  /** Markup. */
  readonly body: string;
}

/** A page that needs nothing else and asks nobody for anything. */
export function htmlPage({ title, style, body }: PageOptions): string {
  const head = [
    '<meta charset="utf-8"/>',
    '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
    '<meta name="color-scheme" content="light dark"/>',
    // A browser that reads this asks nobody for anything, whatever the page says.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>`,
    element('title', {}, escapeText(title)),
    `<style>${style}</style>`,
  ].join('\n');
  return `<!DOCTYPE html>\n<html lang="en">\n<head>\n${head}\n</head>\n<body>\n${body}\n</body>\n</html>\n`;
}

/** A table that scrolls sideways inside itself where the screen is narrow. */
export function table({ caption, header, rows, strong, texts = 1 }: TableOptions): string {
  const side = (column: number) => (column > 0 && column < texts ? 'text' : undefined);
  const head = header
    .map((name, i) => element('th', { scope: 'col', class: side(i) }, escapeText(name)))
    .join('');
  const body = rows.map(([first = '', ...cells], i) => {
    const heading = element('th', { scope: 'row' }, escapeText(first));
    const rest = cells
      .map((cell, column) => element('td', { class: side(column + 1) }, escapeText(cell)))
      .join('');
    return element('tr', { class: i === strong ? 'strong' : undefined }, heading + rest);
  });
  const content =
    element('caption', {}, escapeText(caption)) +
    element('thead', {}, element('tr', {}, head)) +
    element('tbody', {}, body.join('\n'));
  return scrolling(element('table', {}, content), caption);
}

/** Reachable by keyboard, as what scrolls must be. */
function scrolling(content: string, label: string): string {
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, content);
}

/** Pairs of a name and what it is. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const items = pairs.map(
    ([name, value]) =>
      `<div>${element('dt', {}, escapeText(name))}${element('dd', {}, escapeText(value))}</div>`,
  );
  return element('dl', { class: 'facts' }, items.join('\n'));
}

/** A chart under its title; a wide one keeps its width and scrolls. */
export function figure(chart: Chart, id: string, { wide = false }: { wide?: boolean } = {}): string {
  const picture = inlineSvg(chart, id);
  const caption = element('figcaption', {}, escapeText(chart.title));
  return element(
    'figure',
    wide ? { class: 'wide' } : {},
    caption + (wide ? scrolling(picture, chart.title) : picture),
  );
}

export function section(heading: string, content: string): string {
  return element('section', {}, `${element('h2', {}, escapeText(heading))}\n${content}`);
}

export function details(summary: string, content: string): string {
  return element('details', {}, `${element('summary', {}, escapeText(summary))}\n${content}`);
}

export function paragraph(content: string, className?: string): string {
  // A percent sign stays with its number.
  return element('p', { class: className }, escapeText(content.replaceAll(' %', '\u00a0%')));
}

/** Blocks beside each other, or below each other where the screen is narrow. */
export function columns(...blocks: readonly string[]): string {
  return `<div class="columns">${blocks.filter((block) => block !== '').join('\n')}</div>`;
}
