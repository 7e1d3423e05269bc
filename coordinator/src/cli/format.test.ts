import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  formatTable,
  modelSummary,
} from './format.ts';

describe('numbers for people', () => {
  it('groups the digits of counts by thousands', () => {
    expect([0, 7, 999, 1000, 73_400, 1_234_567.8, -1234].map(formatCount)).toEqual([
      '0',
      '7',
      '999',
      '1,000',
      '73,400',
      '1,234,568',
      '-1,234',
    ]);
  });

  it('keeps the significant digits of small and large numbers', () => {
    const values = [0, 0.123456, 12.3456, 999.96, 12_345.6, 1.23456e-7, 1e-4, 1.23456e12, -0.5];
    expect(values.map((value) => formatNumber(value))).toEqual([
      '0',
      '0.1235',
      '12.35',
      '1000',
      '12,346',
      '1.235e-7',
      '0.0001000',
      '1.235e12',
      '-0.5000',
    ]);
    expect([Number.NaN, Number.NEGATIVE_INFINITY].map((value) => formatNumber(value))).toEqual([
      'NaN',
      '-Infinity',
    ]);
  });

  it('moves to the next unit before a size would show four digits', () => {
    const sizes = [0, 1, 999, 1000, 407_080, 999_499, 999_600, 47_040_000, 1.5e9, 2e16];
    expect(sizes.map(formatBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1.00 kB',
      '407 kB',
      '999 kB',
      '1.00 MB',
      '47.0 MB',
      '1.50 GB',
      '20,000 TB',
    ]);
  });

  it('carries into the next unit where a duration rounds up', () => {
    const durations = [
      0, 340, 999.4, 999.6, 7240, 9949, 9951, 42_000, 59_499, 59_500, 72_000, 3_599_600, 7_500_000,
    ];
    expect(durations.map(formatDuration)).toEqual([
      '0 ms',
      '340 ms',
      '999 ms',
      '1.0 s',
      '7.2 s',
      '9.9 s',
      '10 s',
      '42 s',
      '59 s',
      '1 min 0 s',
      '1 min 12 s',
      '1 h 0 min',
      '2 h 5 min',
    ]);
    expect([86_399_000, 3 * 86_400_000 + 4 * 3_600_000].map(formatDuration)).toEqual(['1 d 0 h', '3 d 4 h']);
  });

  it('shows rates with three digits and percentages with two decimals', () => {
    expect(
      [73_421, 999.6, 99.96, 42, 0.5, 0, Number.POSITIVE_INFINITY].map((rate) => formatRate(rate)),
    ).toEqual([
      '73,400 samples/s',
      '1,000 samples/s',
      '100 samples/s',
      '42.0 samples/s',
      '0.500 samples/s',
      '0 samples/s',
      '- samples/s',
    ]);
    expect(formatRate(1200, 'steps')).toBe('1,200 steps/s');
    expect([formatPercent(0.9781), formatPercent(1), formatPercent(0.634, 0)]).toEqual([
      '97.81 %',
      '100.00 %',
      '63 %',
    ]);
  });
});

describe('formatTable', () => {
  it('aligns columns by their widest cell and leaves no spaces at the end of a line', () => {
    expect(
      formatTable(
        [
          ['a', '1', 'x'],
          ['bb\u{1F41D}', '22', 'long'],
        ],
        ['left', 'right'],
      ).split('\n'),
    ).toEqual(['a     1  x', 'bb\u{1F41D}  22  long']);
    expect(formatTable([])).toBe('');
  });
});

describe('modelSummary', () => {
  it('lists layers, outputs and parameters with their total and its memory', () => {
    const text = modelSummary([
      { name: 'dense_1', kind: 'dense, relu', output: '128', parameters: 100_480 },
      { name: 'dense_2', kind: 'dense', output: '10', parameters: 1290 },
    ]);
    expect(text.split('\n')).toEqual([
      'Layer (type)           Output  Parameters',
      '─────────────────────────────────────────',
      'dense_1 (dense, relu)     128     100,480',
      'dense_2 (dense)            10       1,290',
      '─────────────────────────────────────────',
      'Total: 101,770 parameters, 407 kB',
    ]);
  });
});
