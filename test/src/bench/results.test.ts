import { expect, test } from 'vitest';
import type { Entry } from './results.ts';
import { resultOf } from './results.ts';

const info = { row: 'W1', description: 'a network', unit: 'samples/s' };

function entry(contestant: string, changes: Partial<Entry>): Entry {
  return {
    row: 'W1',
    contestant,
    group: 'javascript',
    description: contestant,
    runs: [10, 30, 20],
    lossBefore: 2.3,
    lossAfter: 0.4,
    failure: undefined,
    ...changes,
  };
}

test('the ratio is that of the fastest of ours over the fastest JavaScript peer; native ones and who leaves out work do not count', () => {
  const result = resultOf(info, [
    entry('ours, 1 thread', { group: 'ours', runs: [40, 60, 50] }),
    entry('ours, 2 threads', { group: 'ours', runs: [80, 90, 70] }),
    entry('ours, zeros skipped, 2 threads', { group: 'ours', runs: [99, 99, 99] }),
    entry('slow', { runs: [5, 6, 7] }),
    entry('fast', {}),
    entry('native', { group: 'native', runs: [900, 900, 900] }),
  ]);
  expect(result.best.ours?.contestant).toBe('ours, 2 threads');
  expect(result.best.javascript?.contestant).toBe('fast');
  expect(result.ratio).toBe(4);
  expect(result.figures[4]).toMatchObject({ rate: 20, spread: 0.5 });
});

test('who does not train, or trains another network, has no figure', () => {
  const ours = entry('ours', { group: 'ours' });
  const { figures } = resultOf(info, [
    ours,
    entry('stands still', { lossAfter: 2.3 }),
    entry('explodes', { lossAfter: 2.6 }),
    entry('overflows', { lossAfter: Number.NaN }),
    entry('other weights', { lossBefore: 2.4 }),
    entry('silent', { lossBefore: undefined, lossAfter: undefined }),
  ]);
  expect(figures.map(({ rate }) => rate)).toEqual([20, ...Array(5).fill(undefined)]);
  expect(figures.map(({ problem }) => problem?.split(':')[0])).toEqual([
    undefined,
    ...Array(5).fill('not counted'),
  ]);
  expect(figures[1]?.problem).toBe('not counted: its loss went from 2.3 to 2.3, so it does not train');
});

test('who cannot take part is named with the reason and decides nothing', () => {
  const result = resultOf(info, [
    entry('ours', { group: 'ours' }),
    entry('gone', { runs: [500], failure: 'python3 has no torch' }),
  ]);
  expect(result.figures[1]).toMatchObject({ rate: undefined, problem: 'not here: python3 has no torch' });
  expect(result.ratio).toBeUndefined();
});

test('a row without losses, as the matrix product, counts by its runs alone', () => {
  const noLoss = { lossBefore: undefined, lossAfter: undefined };
  const result = resultOf(info, [
    entry('ours', { group: 'ours', ...noLoss }),
    entry('peer', { runs: [10, 10], ...noLoss }),
  ]);
  expect(result.ratio).toBe(2);
});
