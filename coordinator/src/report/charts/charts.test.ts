import { describe, expect, it } from 'vitest';
import { all, type Node, named, parseMarkup } from '../markup.test.support.ts';
import { barChart } from './bar-chart.ts';
import { type Chart, inlineSvg, standaloneSvg } from './chart.ts';
import { colours, type Theme, tintMax } from './colours.ts';
import { heatMap } from './heat-map.ts';
import { lineChart, type Point, thinned } from './line-chart.ts';
import { element, escapeText } from './markup.ts';
import { scatter } from './scatter.ts';

const drawn = (chart: Chart) => parseMarkup(inlineSvg(chart, 'c'));
const texts = (node: Node) => named(node, 'text').map(({ text }) => text);
const withClass = (node: Node, name: string) =>
  all(node, ({ attributes }) => attributes.class?.split(' ').includes(name) ?? false);
const words = { title: 'A <title>', description: 'What & why.' };

const losses = (points: readonly Point[]) =>
  lineChart({
    ...words,
    xLabel: 'epoch',
    yLabel: 'loss',
    yScale: 'auto',
    series: [{ name: 'test', points, dots: true }],
  });

describe('lineChart', () => {
  it('goes through its points', () => {
    const node = drawn(
      losses([
        [0, 4],
        [1, 2],
        [2, 0],
      ]),
    );
    const [path] = named(node, 'path');
    const corners = path!.attributes.d!.match(/[\d.]+ [\d.]+/g)!.map((pair) => pair.split(' ').map(Number));
    expect(corners.length).toBe(3);
    expect(corners[0]![1]).toBe(40);
    expect(corners[2]![1]).toBe(254);
    expect(corners[1]![0]! - corners[0]![0]!).toBeCloseTo(corners[2]![0]! - corners[1]![0]!, 0);
    expect(named(node, 'circle').map(({ text }) => text)).toEqual([
      'test, epoch 0: 4.000',
      'test, epoch 1: 2.000',
      'test, epoch 2: 0',
    ]);
  });

  it('chooses a logarithmic axis when values span more than two powers of ten', () => {
    expect(
      texts(
        drawn(
          losses([
            [0, 1],
            [1, 0.0001],
          ]),
        ),
      ),
    ).toContain('0.001');
    expect(
      texts(
        drawn(
          losses([
            [0, 1],
            [1, 0.1],
          ]),
        ),
      ),
    ).not.toContain('0.01');
  });

  it('names several series, marks a place, and says of what it is a picture', () => {
    const node = drawn(
      lineChart({
        ...words,
        xLabel: 'x',
        yLabel: 'y',
        series: [
          {
            name: 'a & b',
            points: [
              [0, 0],
              [1, 1],
            ],
          },
          {
            name: 'c',
            points: [
              [0, 1],
              [1, 0],
            ],
          },
        ],
        mark: { x: 0.9, label: 'best' },
      }),
    );
    expect(texts(node)).toEqual(expect.arrayContaining(['a & b', 'c', 'best']));
    expect(node.attributes).toMatchObject({ role: 'img', 'aria-labelledby': 'c-title c-description' });
    expect(named(node, 'title')[0]).toMatchObject({ text: 'A <title>', attributes: { id: 'c-title' } });
    expect(named(node, 'desc')[0]).toMatchObject({
      text: 'What & why.',
      attributes: { id: 'c-description' },
    });
  });

  it('draws nothing for values that have no place, and an empty frame for no values', () => {
    const node = drawn(
      losses([
        [0, Number.NaN],
        [1, 1],
        [2, 2],
      ]),
    );
    expect(node.attributes.viewBox).toBe('0 0 480 300');
    expect(named(node, 'circle').length).toBe(2);
    expect(inlineSvg(losses([]), 'c')).not.toMatch(/NaN|Infinity/);
  });

  it('keeps the first, the last and every peak of a long curve', () => {
    const points = Array.from({ length: 100_000 }, (_, i): Point => [i, i === 54_321 ? 9 : i % 3]);
    const kept = thinned(points);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
    expect(kept).toContainEqual([54_321, 9]);
  });
});

describe('barChart', () => {
  it('has lengths in proportion and the value behind each bar', () => {
    const groups = [
      { name: 'ours', values: [300] },
      { name: 'theirs', values: [100] },
      { name: 'nobody', values: [undefined] },
    ];
    const node = drawn(barChart({ ...words, groups, format: (value) => `${value}/s` }));
    const lengths = named(node, 'rect').map(({ attributes }) => Number(attributes.width));
    expect(lengths.length).toBe(2);
    expect(lengths[0]! / lengths[1]!).toBeCloseTo(3, 1);
    expect(texts(node)).toEqual(['ours', '300/s', 'theirs', '100/s', 'nobody']);
  });
});

describe('heatMap', () => {
  const options = { ...words, rowLabel: 'true', columnLabel: 'predicted' };

  it('writes the counts and tints the diagonal by its share, mistakes by the most frequent', () => {
    const node = drawn(
      heatMap({
        ...options,
        names: ['a<b', 'c'],
        matrix: [
          [6, 2],
          [0, 3],
        ],
      }),
    );
    expect(withClass(node, 'right').map(({ attributes }) => attributes['fill-opacity'])).toEqual([
      '0.375',
      '0.500',
    ]);
    expect(withClass(node, 'wrong').map(({ attributes }) => attributes['fill-opacity'])).toEqual(['0.500']);
    expect(withClass(node, 'wrong')[0]!.text).toBe('a<b taken for c: 2 (25.00 %)');
    expect(texts(node)).toEqual(['predicted', 'true', 'a<b', 'c', 'a<b', 'c', '6', '2', '3']);
  });

  it('leaves counts out of cells that are too small, but not out of their titles', () => {
    const names = Array.from({ length: 60 }, (_, i) => `n${i}`);
    const matrix = names.map((_, i) => names.map((__, j) => (i === j ? 7 : 0)));
    const node = drawn(heatMap({ ...options, names, matrix, width: 700 }));
    expect(texts(node)).not.toContain('7');
    expect(withClass(node, 'right').length).toBe(60);
    expect(withClass(node, 'right')[59]!.text).toBe('n59 taken for n59: 7 (100.00 %)');
  });
});

it('scatter puts a point that is right on the diagonal', () => {
  const node = drawn(
    scatter({
      ...words,
      xLabel: 'true',
      yLabel: 'predicted',
      points: [
        [0, 0],
        [5, 5],
        [10, 10],
        [5, 0],
      ],
    }),
  );
  const at = named(node, 'circle').map(({ attributes: { cx, cy } }) => [Number(cx), Number(cy)] as const);
  const slope = (k: number) => (at[k]![1] - at[0]![1]) / (at[k]![0] - at[0]![0]);
  expect(slope(1)).toBeCloseTo(slope(2), 2);
  expect(at[3]![1]).toBe(at[0]![1]);
});

describe('standaloneSvg', () => {
  it.each(['light', 'dark'] as const)(
    'needs nothing else: colours, heading and ground are inside (%s)',
    (theme) => {
      const file = standaloneSvg(
        losses([
          [0, 1],
          [1, 2],
        ]),
        { theme },
      );
      const node = parseMarkup(file);
      expect(file).not.toContain('var(');
      expect(file.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
      expect(named(node, 'rect')[0]!.attributes).toMatchObject({
        fill: colours[theme].ground,
        height: '336',
      });
      expect(named(node, 'style')[0]!.text).toContain(`.stroke-1{stroke:${colours[theme].series[0]}}`);
      expect(texts(node)[0]).toBe('A <title>');
    },
  );
});

describe('colours', () => {
  const channels = (hex: string) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  const mix = (over: string, under: string, share: number) =>
    channels(over).map((c, i) => c * share + channels(under)[i]! * (1 - share));
  /** Relative luminance and contrast as WCAG 2.2 defines them. */
  const luminance = (rgb: readonly number[]) => {
    const [r, g, b] = rgb.map((c) =>
      c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: readonly number[], b: readonly number[]) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high! + 0.05) / (low! + 0.05);
  };

  it.each(['light', 'dark'] satisfies Theme[])('are readable on a %s page', (theme) => {
    const { ground, panel, text, muted, series, reference, right, wrong } = colours[theme];
    for (const under of [ground, panel])
      for (const over of [text, muted])
        expect(contrast(channels(over), channels(under))).toBeGreaterThan(4.5);
    for (const tint of [right, wrong])
      for (const share of [0.1, 0.3, tintMax])
        expect(contrast(channels(text), mix(tint, ground, share)), `${tint} ${share}`).toBeGreaterThan(4.5);
    for (const line of [...series, reference])
      expect(contrast(channels(line), channels(ground)), line).toBeGreaterThan(3);
  });
});

it('escapeText leaves nothing that could end a text, an attribute or a document', () => {
  expect(escapeText(`<a b="c" d='e'>&amp;`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;');
  expect(escapeText('a\u0000b\u001b[1m\ud800c😀')).toBe('a\ufffdb\ufffd[1m\ufffdc😀');
  expect(element('a', { href: '"', b: undefined }, '')).toBe('<a href="&quot;"></a>');
});
