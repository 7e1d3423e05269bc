import { describe, expect, it } from 'vitest';
import { inlineSvg } from '../../report/charts/chart.ts';
import { all, type Node, named, parseMarkup } from '../../report/markup.test.support.ts';
import { type BandChartOptions, type BandPoint, bandChart } from './band-chart.ts';

function chart(points: readonly BandPoint[], options: Partial<BandChartOptions> = {}): Node {
  const picture = bandChart({
    title: 'A title',
    description: 'What there is to see.',
    xLabel: 'batch size',
    yLabel: 'loss',
    xScale: 'log',
    yScale: 'log',
    series: [{ name: 'one', look: 1, points }],
    dots: true,
    ...options,
  });
  return parseMarkup(inlineSvg(picture, 'id'));
}

const point = (x: number, y: number, spread = 0): BandPoint => ({ x, y, spread });
const withClass = (node: Node, name: string) =>
  all(node, ({ attributes }) => attributes.class?.split(' ').includes(name) === true);
/** The pixels of a path, in order. */
const pixels = (node: Node | undefined) =>
  [...(node?.attributes.d ?? '').matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
const labels = (node: Node) => named(node, 'text').map(({ text }) => text);

describe('a chart with bands', () => {
  it('leaves out what does not lie on a logarithmic axis', () => {
    const node = chart([point(0, 1), point(1, 0), point(10, 2), point(100, 4), point(1000, Number.NaN)]);
    expect(named(node, 'circle').map(({ text }) => text)).toEqual([
      'one, batch size 10: 2',
      'one, batch size 100: 4',
    ]);
    expect(pixels(withClass(node, 'line')[0])).toHaveLength(2);
  });

  it('draws what is 0 on a linear axis', () => {
    expect(
      named(chart([point(0, 0), point(1, 1)], { xScale: 'linear', yScale: 'linear' }), 'circle'),
    ).toHaveLength(2);
  });

  it('leaves the height of the axis to what stayed in bounds', () => {
    const calm = { name: 'calm', look: 1, points: [point(1, 1), point(2, 2)] };
    const wild = { name: 'wild', look: 2, points: [point(1, 1), point(2, 1e9, 1e8)] };
    const height = (unbounded: boolean) =>
      pixels(withClass(chart([], { series: [calm, { ...wild, unbounded }] }), 'ramp-1')[0])[1]![1]!;
    expect(height(false)).toBeGreaterThan(250);
    expect(height(true)).toBeLessThan(60);
    const node = chart([], { series: [calm, { ...wild, unbounded: true }] });
    expect(withClass(node, 'ramp-2')).toHaveLength(1);
    expect(withClass(node, 'band-2')).toEqual([]);
  });

  it('puts equal ratios at equal distances on a logarithmic axis', () => {
    const [a, b, c] = pixels(withClass(chart([point(1, 1), point(10, 10), point(100, 100)]), 'line')[0]);
    expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 0);
    expect(a![1]! - b![1]!).toBeCloseTo(b![1]! - c![1]!, 0);
  });

  it('has a band from one deviation below to one above, in the picture also where that is below 0', () => {
    const node = chart([point(1, 2, 1), point(10, 2, 3)]);
    const [upper, , below] = pixels(withClass(node, 'band-1')[0]);
    const [line] = pixels(withClass(node, 'line')[0]);
    expect(upper![1]).toBeLessThan(line![1]!);
    expect(below![1]).toBeGreaterThan(line![1]!);
    expect(below![1]).toBeLessThan(320);
  });

  it('has no band where nothing is spread, and no line through one point', () => {
    const node = chart([point(1, 2)]);
    expect([...withClass(node, 'band-1'), ...withClass(node, 'line')]).toEqual([]);
    expect(named(node, 'circle')).toHaveLength(1);
  });

  it('has ticks where it is told, but for those that would lie over another', () => {
    const node = chart([point(1, 1), point(10_000, 2)], { xTicks: [1, 2, 1000, 1010, 10_000] });
    const shown = labels(node);
    expect(shown).toEqual(expect.arrayContaining(['1', '1,000', '10,000']));
    expect(shown).not.toContain('1,010');
  });

  it('marks a height with its name', () => {
    const node = chart([point(1, 1), point(10, 10)], { mark: { y: 5, label: 'target' } });
    expect(labels(node)).toContain('target');
    expect(withClass(node, 'reference')).toHaveLength(1);
  });
});
