import { expect, it } from 'vitest';
import { countText, exactText, inSecondsText, lossText, shareText } from './format.ts';

it('counts with commas, and in short from a million on', () => {
  expect([0, 12.6, 1000, 999_999, 1_234_567, 60_000_000].map(countText)).toEqual([
    ...['0', '13', '1,000', '999,999', '1.23M', '60M'],
  ]);
  expect([1.5e9, 2e12].map(countText)).toEqual(['1.5B', '2T']);
  expect(exactText(1_234_567)).toBe('1,234,567');
});

it('shows shares the finer, the closer they are to nothing or all', () => {
  expect([0, 0.0004, 0.014, 0.5, 0.987, 0.9996, 1].map(shareText)).toEqual([
    ...['0 %', '0.04 %', '1.4 %', '50 %', '98.7 %', '99.96 %', '100 %'],
  ]);
});

it('shows losses with four digits, however small', () => {
  expect([0, 2.3456789, 0.012345, 0.00012345, 123_456].map(lossText)).toEqual([
    ...['0.000', '2.346', '0.01235', '1.23e-4', '1.23e+5'],
  ]);
});

it('says in how many seconds', () => {
  expect([-5, 0, 1, 1000, 1001, 60_000].map(inSecondsText)).toEqual([
    ...['now', 'now', 'in 1 second', 'in 1 second', 'in 2 seconds', 'in 60 seconds'],
  ]);
});
