/** What the tests of `loadCsv` share: tables written to files, loaded, or refused. */

import { join } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { loadCsv } from './csv.ts';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import type { CsvDataSpec } from './spec.ts';

export type Options = Partial<Omit<CsvDataSpec, 'kind' | 'train' | 'test'>>;

export const DEFAULTS = {
  testFraction: 0.2,
  target: ['y'],
  task: 'classes',
  standardize: true,
  delimiter: ',',
  ignore: [],
  categories: [],
} as const;

export interface Tables {
  train: string;
  test?: string;
  seed?: number;
}

export function write(tables: Tables) {
  const { train, test } = tables;
  const directory = writeTestFiles({
    'train.csv': train,
    ...(test === undefined ? {} : { 'test.csv': test }),
  });
  const files = {
    train: join(directory, 'train.csv'),
    ...(test === undefined ? {} : { test: join(directory, 'test.csv') }),
  };
  return { directory, files };
}

export function load(tables: Tables, options: Options = {}): Promise<DataSplit> {
  return loadCsv({ ...DEFAULTS, ...options, ...write(tables).files }, tables.seed ?? 1);
}

export function failure(tables: Tables, options: Options = {}): Promise<string> {
  const { directory, files } = write(tables);
  return failureOf(loadCsv({ ...DEFAULTS, ...options, ...files }, tables.seed ?? 1), directory);
}

export function features(part: DataSplit['train']): number[][] {
  const values = new Float32Array(part.features.rows);
  const { width } = part.features;
  return Array.from({ length: part.samples }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}

export function classes(part: DataSplit['train']): number[] {
  return [...new Uint32Array(part.targets.rows)];
}
