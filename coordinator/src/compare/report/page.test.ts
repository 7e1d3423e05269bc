import { describe, expect, it } from 'vitest';
import { colours } from '../../report/charts/colours.ts';
import { all, cellsOf, type Node, named, parseMarkup } from '../../report/markup.test.support.ts';
import { resultsTold } from '../comparison.test.support.ts';
import { resultsCsv } from '../csv.ts';
import { ramp } from './colours.ts';
import { comparePage } from './page.ts';

const settings = {
  batchSizes: [10, 100],
  seeds: [1, 2],
  epochs: 2,
  target: { metric: 'testAccuracy', value: 0.9 },
};
/** Batches of 10 reach the target slowly, batches of 100 never. */
const told = {
  10: [
    { accuracies: [0.8, 0.92], secondsPerEpoch: 4 },
    { accuracies: [0.8, 0.94], secondsPerEpoch: 6 },
  ],
  100: [
    { accuracies: [0.4, 0.5], secondsPerEpoch: 1 },
    { accuracies: [0.4, 0.7], secondsPerEpoch: 1 },
  ],
};

async function pageOf(more: object = {}, runs: typeof told | Record<number, never> = told): Promise<Node> {
  return parseMarkup(comparePage(await resultsTold({ ...settings, ...more }, runs)));
}

function tableNamed(page: Node, caption: string): string[][] {
  const found = named(page, 'table').find((table) => named(table, 'caption')[0]?.text === caption);
  return cellsOf(found!);
}

function titles(page: Node): string[] {
  return named(page, 'figcaption').map(({ text }) => text);
}

describe('the report of a comparison', () => {
  it('shows in its tables what the runs told', async () => {
    const page = await pageOf();
    expect(tableNamed(page, 'What they did').slice(1)).toEqual([
      ['minibatch-10', '10', '10', '2', '0.1', '2', '200', '200', '208 ± 58.9', '20.8 ± 5.89'],
      ['minibatch-100', '100', '16', '2', '0.1', '2', '20', '20', '1,000 ± 0', '10 ± 0'],
    ]);
    expect(tableNamed(page, 'What came of it')).toEqual([
      ['Cell', 'Epochs to target', 'Samples', 'Time', 'Seconds in all', 'Test loss', 'Test accuracy'],
      [
        'minibatch-10',
        ...['2 ± 0', '2,000 ± 0', '10 s ± 2.8 s', '10.00 ± 2.83', '0.07 ± 0.0141', '93.00 % ± 1.41 %'],
      ],
      [
        'minibatch-100',
        ...['not reached', 'not reached', 'not reached', '2.00 ± 0.00', '0.4 ± 0.141', '60.00 % ± 14.14 %'],
      ],
    ]);
  });

  it('draws curves at equal samples and equal time, the target and the rates', async () => {
    expect(titles(await pageOf())).toEqual([
      'Test error by epochs',
      'Test error by seconds',
      'Training loss by samples',
      'Training loss by seconds',
      'Seconds of training to 90 % test accuracy',
      'Epochs to 90 % test accuracy',
      'Samples per second',
      'Updates per second',
    ]);
  });

  it('puts the points of the curves where the figures are', async () => {
    const [byEpochs] = named(await pageOf(), 'figure');
    const points = named(byEpochs!, 'circle').map(({ text }) => text);
    expect(points).toEqual([
      'batches of 10, epochs 1: 20 %',
      'batches of 10, epochs 2: 7 % ± 1.41 %',
      'batches of 100, epochs 1: 60 %',
      'batches of 100, epochs 2: 40 % ± 14.1 %',
    ]);
  });

  it('writes of a target that was not reached, and draws no bar of zero', async () => {
    const page = await pageOf();
    const bars = named(page, 'figure').find((node) => node.text.startsWith('Seconds of training to'))!;
    expect(named(bars, 'rect')).toHaveLength(1);
    expect(bars.text).toContain('Batches of 100: not reached');
  });

  it('can be made before any run has ended', async () => {
    const page = await pageOf({}, {});
    expect(named(page, 'li')[0]?.text).toBe('So far 0 of 4 runs have ended; the figures are those of these.');
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows a cell that diverged as diverged, without an end that it did not have', async () => {
    const diverged = { accuracies: [0.4], secondsPerEpoch: 1, diverged: true } as const;
    const results = await resultsTold(settings, { ...told, 100: [diverged, told[100][1]!] });
    const page = parseMarkup(comparePage(results));
    expect(tableNamed(page, 'What they did')[2]?.[5]).toBe('2, 1 diverged');
    expect(tableNamed(page, 'What came of it')[2]?.slice(4)).toEqual(['-', '-', '-']);
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says which learning rates there were, and where the runs were', async () => {
    const page = await pageOf({ learningRatePolicy: { type: 'linear', referenceBatchSize: 10 } });
    expect(page.text).toContain(
      'The learning rate is 0.1 for batches of 10 and grows in proportion to the batch size.',
    );
    expect(tableNamed(page, 'What ran on which machine')[1]).toEqual([
      ...['a processor', 'linux x64', 'v24.0.0', '0.1.0', '2', '4'],
    ]);
  });

  it('needs no script and nobody else, and every chart has a name', async () => {
    const page = await pageOf();
    expect(all(page, ({ name }) => ['script', 'link', 'img', 'iframe'].includes(name))).toEqual([]);
    expect(all(page, ({ attributes }) => 'href' in attributes || 'src' in attributes)).toEqual([]);
    const charts = named(page, 'svg').filter(({ attributes }) => attributes.role === 'img');
    expect(charts).toHaveLength(8);
    const ids = new Set(
      all(page, ({ attributes }) => 'id' in attributes).map(({ attributes }) => attributes.id),
    );
    for (const { attributes } of charts) {
      for (const id of attributes['aria-labelledby']!.split(' ')) expect(ids).toContain(id);
    }
  });

  it('has curves of its own for each number of threads', async () => {
    const results = await resultsTold({ ...settings, threads: [1, 2] }, told);
    const headings = named(parseMarkup(comparePage(results)), 'h2').map(({ text }) => text);
    expect(headings).toContain('How they learned: 1 thread, learning rate 0.1');
    expect(headings).toContain('How they learned: 2 threads, learning rate 0.1');
    const entries = named(parseMarkup(comparePage(results)), 'li').map(({ text }) => text);
    expect(entries).toContain('1 thread, learning rate 0.1');
  });
});

describe('results.csv', () => {
  it('has one row for each cell, seed and epoch', async () => {
    const rows = resultsCsv(await resultsTold(settings, told))
      .trimEnd()
      .split('\r\n');
    expect(rows).toHaveLength(1 + 2 * 2 * 2);
    expect(rows[0]).toBe(
      'cell,strategy,batchSize,shardSize,threads,learningRate,seed,outcome,epoch,updates,samples,seconds,trainLoss,' +
        'testLoss,testAccuracy',
    );
    expect(rows[2]).toBe(
      'minibatch-10,minibatch,10,10,2,0.1,1,finished,2,200,2000,8,0.07999999999999996,0.07999999999999996,0.92',
    );
  });

  it('has a row without figures for a run that diverged in its first epoch', async () => {
    const diverged = { accuracies: [], secondsPerEpoch: 1, diverged: true } as const;
    const rows = resultsCsv(await resultsTold({ ...settings, seeds: [1] }, { 10: [diverged] })).split('\r\n');
    expect(rows[1]).toBe('minibatch-10,minibatch,10,10,2,0.1,1,diverged,,,,,,,');
  });
});

describe('the colours of cells', () => {
  it.each(['light', 'dark'] as const)('have a contrast of at least 3 on a %s page', (theme) => {
    for (const colour of ramp[theme])
      expect(contrast(colour, colours[theme].ground)).toBeGreaterThanOrEqual(3);
  });
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
