import { expect, test } from 'vitest';
import type { BenchRecord } from './bench.ts';
import { benchTable, differingDigests } from './table.ts';
import { workloads } from './workloads.ts';

const records: BenchRecord[] = [
  { what: 'machine', node: 'v20.0.0', cpu: 'a processor', cores: 2, bits: 128 },
  { what: 'matrix product', threads: 1, rate: 57.31, unit: 'GFLOP/s', runs: [57, 57.31, 58] },
  { what: 'W4', threads: 1, rate: 3_212_345, unit: 'steps/s', runs: [3e6, 3_212_345], digest: 'a' },
  { what: 'W4', threads: 2, rate: 3_100_000, unit: 'steps/s', runs: [3_100_000], digest: 'a' },
];

test('the table has a row for each thing and a column for each number of threads', () => {
  expect(
    benchTable(records, workloads)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['1 thread', '2 threads', 'unit', 'spread'],
    ['matrix product', '512 x 512 x 512', '57.3', 'GFLOP/s', '± 1 %'],
    ['W4', '2-16-1 tanh, squared error, batch 1, sgd', '3,210,000', '3,100,000', 'steps/s', '± 3 %'],
  ]);
});

test('weights that depend on the number of threads are named', () => {
  expect(differingDigests(records)).toEqual([]);
  const other = { ...records[3]!, digest: 'b' } as BenchRecord;
  expect(differingDigests([...records.slice(0, 3), other])).toEqual(['W4']);
});
