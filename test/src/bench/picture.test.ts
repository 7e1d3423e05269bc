import { expect, test } from 'vitest';
import { barsOf, benchPicture, scaleOf } from './picture.ts';
import type { Figure, Result } from './results.ts';
import { markdownPage, terminalTable } from './tables.ts';

function figure(contestant: string, group: Figure['group'], rate: number | undefined): Figure {
  const problem = rate === undefined ? 'not here: no module <torch>' : undefined;
  return { contestant, group, description: `${contestant} 1.0`, rate, spread: 0.02, problem };
}

const figures = [
  figure('ours, 1 thread', 'ours', 60_000),
  figure('ours, 2 threads', 'ours', 90_000),
  figure('jax-js', 'javascript', 20_000),
  figure('jax-js, newer Node', 'javascript', 30_000),
  figure('PyTorch, 1 thread', 'native', undefined),
];
const result: Result = {
  row: 'W1',
  description: '784-128-10 & more',
  unit: 'samples/s',
  figures,
  best: { ours: figures[1], javascript: figures[3] },
  ratio: 3,
};

test('bars are relative to the best JavaScript peer, and a peer has one: its fastest setting', () => {
  expect(barsOf(result, 30_000)).toEqual([
    { name: 'ours, 1 thread', group: 'ours', rate: 60_000, ratio: 2 },
    { name: 'ours, 2 threads', group: 'ours', rate: 90_000, ratio: 3 },
    { name: 'jax-js', group: 'javascript', rate: 30_000, ratio: 1 },
  ]);
});

test('the scale has a tick at every power of ten that the ratios need, equally far from each other', () => {
  const { ticks, x } = scaleOf([0.004, 3]);
  expect(ticks).toEqual([0.001, 0.01, 0.1, 1, 10]);
  expect(x(10) - x(1)).toBeCloseTo(x(0.01) - x(0.001), 9);
});

test('the picture says its figures in text, escapes what it shows and has colours for dark pages', () => {
  const svg = benchPicture([result], '2 cores of a <machine>');
  expect(svg).toContain('Rate of hivegrad over that of the best JavaScript peer: W1 3.00.');
  expect(svg).toContain('784-128-10 &amp; more');
  expect(svg).toContain('2 cores of a &lt;machine&gt;');
  expect(svg).toContain('ours, 2 threads: 90,000 samples/s');
  expect(svg).toContain('prefers-color-scheme: dark');
  const open = svg.match(/<(?:text|rect|title|desc|style|svg)(?:\s[^>]*[^/>])?>/g)?.length;
  expect(svg.match(/<\/(?:text|rect|title|desc|style|svg)>/g)).toHaveLength(open ?? 0);
});

test('a row that no JavaScript peer has run is left out of the picture', () => {
  const svg = benchPicture([{ ...result, best: { ours: undefined, javascript: undefined } }], '');
  expect(svg).not.toContain('784-128-10');
});

test('the tables hold every contestant, the ratio, and a reason where a figure is missing', () => {
  expect(
    terminalTable([result])
      .split('\n')
      .map((line) => line.replace(/ {2,}/g, ' | ')),
  ).toEqual([
    ' | W1 (samples/s)',
    'ours, 1 thread | 60,000 ± 2 %',
    'ours, 2 threads | 90,000 ± 2 %',
    'jax-js | 20,000 ± 2 %',
    'jax-js, newer Node | 30,000 ± 2 %',
    'PyTorch, 1 thread | not here',
    'ours / best JavaScript peer | 3.00 x',
  ]);
  const machine = { what: 'machine', node: 'v20.0.0', cpu: 'AMD EPYC', cores: 2, bits: 128 } as const;
  const page = markdownPage([result], machine, 'npm run bench:peers');
  expect(page).toContain('| **ours / best JavaScript peer** | **3.00 x** |');
  expect(page).toContain('on 2 cores of an AMD EPYC, Node v20.0.0');
  expect(page).toContain('- PyTorch, 1 thread, W1: not here: no module <torch>');
});
