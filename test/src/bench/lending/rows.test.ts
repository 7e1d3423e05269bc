import { expect, test } from 'vitest';
import { isMet, markdownPage, type Row, ratioOf, terminalTable } from './rows.ts';

const trips: Row = {
  what: 'round trips',
  unit: '/s',
  runs: [300, 700, 720],
  beside: { what: 'bare sockets', runs: [990, 1_000, 1_010] },
  target: { of: 'ratio', bound: 'at least', value: 0.7 },
};

test('medians are compared, so that one bad repetition changes nothing', () => {
  expect(ratioOf(trips)).toBe(0.7);
  expect(ratioOf({ what: 'alone', unit: 's', runs: [1] })).toBeUndefined();
});

test('a bound from below holds at its value, one from above does not', () => {
  expect(isMet(trips)).toBe(true);
  expect(isMet({ ...trips, runs: [699] })).toBe(false);
  const delay: Row = {
    what: 'delay',
    unit: 'ms',
    runs: [49],
    target: { of: 'value', bound: 'below', value: 50 },
  };
  expect(isMet(delay)).toBe(true);
  expect(isMet({ ...delay, runs: [50] })).toBe(false);
  expect(isMet({ what: 'steps', unit: '/s', runs: [3] })).toBeUndefined();
});

test('a ratio is not met by something that was compared with nothing', () => {
  expect(
    isMet({ what: 'x', unit: '/s', runs: [5], target: { of: 'ratio', bound: 'at least', value: 0.7 } }),
  ).toBe(false);
});

test('tables show the median, its spread, what stands beside it, and whether the target is met', () => {
  const cells = /round trips +700 ± 57 % +\/s +1,000 ± 1 % +70 % +≥ 70 % +met$/m;
  expect(terminalTable([trips])).toMatch(cells);
  const machine = { what: 'machine', node: 'v20', cpu: 'a cpu', cores: 2, bits: 128 } as const;
  const page = markdownPage([trips], machine, 'npm run it');
  expect(page).toContain('| round trips | 700 ± 57 % | /s | 1,000 ± 1 % | 70 % | ≥ 70 % | met |');
  expect(page).toContain('- round trips: beside bare sockets');
});
