/** The arrays of a program as its author writes them; nothing here has been checked. */

import type { NumberRows } from './memory-arrays.ts';

/** Samples and what they should become. */
export interface MemoryPart {
  /**
   * One list of numbers, or typed array, for each sample; or one typed array for all, [samples * width], and its
   * `width`. Bytes (`Uint8Array`) stay bytes, and `scale` of the configuration says what they mean.
   */
  readonly features: NumberRows;
  /** Numbers of a sample, where `features` is one array for all. */
  readonly width?: number | undefined;
  /**
   * One for each sample: under the task `classes` numbers from 0, or names; under `values` a number, or a list of as
   * many numbers as the network has outputs.
   */
  readonly targets: ArrayLike<number> | readonly string[] | readonly ArrayLike<number>[];
}

export interface MemoryTrainingPart extends MemoryPart {
  /** One number of 0 or more for each sample, by which its loss is multiplied in training. Default: 1 for all. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** They are copied when a call begins to load its data; until then they should stay as they are. */
export interface MemoryParts {
  readonly train: MemoryTrainingPart;
  /** Default: `testFraction` of the samples of `train`. */
  readonly test?: MemoryPart | undefined;
}
