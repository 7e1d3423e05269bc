/** What the tests of CSV tables share: tables written to files, loaded, or refused. */

import { join } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import type { CsvDataSpec, LoadOptions } from './spec.ts';
import { loadTableFiles } from './table-files.ts';

export type Options = Partial<Omit<CsvDataSpec, 'kind' | 'train' | 'test'>>;

export const DEFAULTS = {
  kind: 'csv',
  testFraction: 0.2,
  target: ['y'],
  task: 'classes',
  standardize: true,
  standardizeTargets: false,
  delimiter: ',',
  ignore: [],
  categories: [],
  missing: 'refuse',
} as const;

export interface Tables {
  train: string;
  test?: string;
  seed?: number;
  validationFraction?: number;
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

function loadOptions({ seed = 1, validationFraction = 0 }: Tables): LoadOptions {
  return { seed, validationFraction };
}

export function load(tables: Tables, options: Options = {}): Promise<DataSplit> {
  return loadTableFiles({ ...DEFAULTS, ...options, ...write(tables).files }, loadOptions(tables));
}

export function failure(tables: Tables, options: Options = {}): Promise<string> {
  const { directory, files } = write(tables);
  return failureOf(loadTableFiles({ ...DEFAULTS, ...options, ...files }, loadOptions(tables)), directory);
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
