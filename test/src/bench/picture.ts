/**
 * Results of a contest as a picture: for each row a group of bars, each the rate of a contestant over that of the best
 * JavaScript peer, on a logarithmic scale. Out: an SVG whose text is text, legible on light and dark pages.
 */

import { formatNumber } from 'hivegrad/cli/format';
import type { Group } from './contestants.ts';
import type { Result } from './results.ts';

const WIDTH = 760;
const LABELS = 210;
const RIGHT = 92;
const BAR = 15;
const GAP = 5;
const GROUP_HEAD = 30;
const GROUP_FOOT = 12;
const TOP = 62;
const AXIS = 28;

/** Readable on white and on GitHub's dark grey alike. */
const style = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .head { font-weight: 600; }
  .quiet { fill: #57606a; }
  .grid { stroke: #8c959f; stroke-opacity: 0.35; }
  .one { stroke: #57606a; stroke-dasharray: 4 3; }
  .ours { fill: #1a7f37; } .javascript { fill: #bf8700; } .native { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .one { stroke: #9198a1; }
    .ours { fill: #3fb950; } .javascript { fill: #d29922; } .native { fill: #6e7681; }
  }
`;

const groups: Readonly<Record<Group, string>> = {
  ours: 'hivegrad',
  javascript: 'other JavaScript',
  native: 'PyTorch',
};

interface Bar {
  readonly name: string;
  readonly group: Group;
  /** Rate over that of the best JavaScript peer. */
  readonly ratio: number;
  readonly rate: number;
}

/** Rows without a JavaScript peer to compare with are left out. */
export function benchPicture(results: readonly Result[], subtitle: string): string {
  const rows = results.flatMap((result) => {
    const reference = result.best.javascript?.rate;
    return reference === undefined ? [] : [{ result, bars: barsOf(result, reference) }];
  });
  const scale = scaleOf(rows.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  let y = TOP;
  const body: string[] = [];
  for (const { result, bars } of rows) {
    body.push(text(16, y + 18, `${result.row}: ${result.description}`, 'head'));
    y += GROUP_HEAD;
    for (const bar of bars) {
      body.push(...drawBar(bar, y, { scale, unit: result.unit }));
      y += BAR + GAP;
    }
    y += GROUP_FOOT;
  }
  const height = y + AXIS;
  const summary = rows
    .map(
      ({ result }) =>
        `${result.row} ${result.ratio === undefined ? 'not measured' : result.ratio.toFixed(2)}`,
    )
    .join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">hivegrad and its peers</title>',
    `<desc id="desc">${escapeText(`Rate of hivegrad over that of the best JavaScript peer: ${summary}.`)}</desc>`,
    `<style>${style}</style>`,
    text(16, 24, 'Rate relative to the best JavaScript peer', 'title'),
    text(16, 43, subtitle, 'quiet'),
    ...legend(),
    ...grid(scale, y),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** All of ours, and of each peer the fastest of its settings: what follows the comma in a name. */
export function barsOf({ figures }: Pick<Result, 'figures'>, reference: number): Bar[] {
  const bars = new Map<string, Bar>();
  for (const { contestant, group, rate } of figures) {
    if (rate === undefined) continue;
    const name = group === 'ours' ? contestant : contestant.split(',')[0]!;
    const known = bars.get(name);
    if (known !== undefined && known.rate >= rate) continue;
    bars.set(name, { name, group, rate, ratio: rate / reference });
  }
  return [...bars.values()];
}

interface Scale {
  readonly ticks: readonly number[];
  x(ratio: number): number;
}

/** Logarithmic, from a power of ten at or below the smallest ratio to one at or above the largest. */
export function scaleOf(ratios: readonly number[]): Scale {
  const exponents = ratios.map((ratio) => Math.log10(ratio));
  const low = Math.floor(Math.min(-1, ...exponents));
  const high = Math.ceil(Math.max(1, ...exponents));
  const width = WIDTH - LABELS - RIGHT;
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { ticks, x: (ratio) => LABELS + (width * (Math.log10(ratio) - low)) / (high - low) };
}

function drawBar(bar: Bar, y: number, { scale, unit }: { scale: Scale; unit: string }): string[] {
  const { name, group, ratio, rate } = bar;
  const end = scale.x(ratio);
  const label = `${formatNumber(ratio, 2)} x`;
  return [
    text(LABELS - 8, y + 12, name, '', 'end'),
    `<rect class="${group}" x="${LABELS}" y="${y}" width="${round(end - LABELS)}" height="${BAR}" rx="2">` +
      `<title>${escapeText(`${name}: ${formatNumber(rate, 3)} ${unit}`)}</title></rect>`,
    text(round(end + 6), y + 12, label, group === 'ours' ? 'head' : 'quiet'),
  ];
}

function grid({ ticks, x }: Scale, bottom: number): string[] {
  return ticks.flatMap((tick) => {
    const at = round(x(tick));
    const line = `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${at}" x2="${at}" y1="${TOP}" y2="${bottom}"/>`;
    return [line, text(at, bottom + 18, `${formatNumber(tick, 1)} x`, 'quiet', 'middle')];
  });
}

function legend(): string[] {
  const places: Readonly<Record<Group, number>> = { ours: 425, javascript: 520, native: 655 };
  return (Object.keys(groups) as Group[]).flatMap((group) => {
    const x = places[group];
    return [
      `<rect class="${group}" x="${x}" y="13" width="12" height="12" rx="2"/>`,
      text(x + 17, 24, groups[group], ''),
    ];
  });
}

function text(x: number, y: number, content: string, className: string, anchor = 'start'): string {
  const attributes = `${className === '' ? '' : ` class="${className}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x}" y="${y}"${attributes}>${escapeText(content)}</text>`;
}

function escapeText(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
