/**
 * A data set in memory: rows that every thread of the process reads and nobody writes.
 * Bytes stay bytes until the kernels scale them, so MNIST costs 47 MB and not 188.
 */

/** How a byte becomes a number: `unit` is x / 255, `none` is x. */
export type ByteScale = 'unit' | 'none';

export type Features =
  | {
      readonly kind: 'u8';
      readonly scale: ByteScale;
      readonly width: number;
      readonly rows: SharedArrayBuffer;
    }
  | { readonly kind: 'f32'; readonly width: number; readonly rows: SharedArrayBuffer };

export type Targets =
  /** One class index (u32) per sample, each below `classes`. */
  | {
      readonly kind: 'classes';
      readonly classes: number;
      readonly names: readonly string[];
      readonly rows: SharedArrayBuffer;
    }
  /** `width` float32 values per sample. */
  | { readonly kind: 'values'; readonly width: number; readonly rows: SharedArrayBuffer };

export interface Dataset {
  readonly samples: number;
  /** `samples` rows of `width` values, row-major. */
  readonly features: Features;
  readonly targets: Targets;
  /** One float32 above or equal to 0 per sample, by which its loss and its derivatives are multiplied in training. */
  readonly weights?: SharedArrayBuffer;
  /** SHA-256 in hex over shapes, kinds, scale, bytes and weights: what a run is bound to. */
  readonly digest: string;
}

/** How one column of a table became inputs. */
export type ColumnEncoding =
  /** One input: (x - mean) / deviation. */
  | { readonly kind: 'number'; readonly name: string; readonly mean: number; readonly deviation: number }
  /** One input for each category, 1 for the one that the row has and 0 for the others. */
  | { readonly kind: 'category'; readonly name: string; readonly categories: readonly string[] };

/** How raw rows became features, as plain JSON: enough to encode rows that come later in the same way. */
export type InputEncoding =
  | { readonly kind: 'bytes'; readonly width: number; readonly scale: ByteScale }
  /** Input i is (x_i - means[i]) / deviations[i]; both are absent where numbers are taken as they are. */
  | {
      readonly kind: 'numbers';
      readonly width: number;
      readonly means?: readonly number[];
      readonly deviations?: readonly number[];
    }
  | { readonly kind: 'columns'; readonly columns: readonly ColumnEncoding[] };

/** What the network answers: one of these classes, or these values. */
export type TargetEncoding =
  | {
      readonly kind: 'classes';
      readonly names: readonly string[];
      /** The column of a table that holds the class; absent where the source was no table. */
      readonly column?: string;
    }
  /** Target i is (y_i - means[i]) / deviations[i]; both are absent where values are taken as they are. */
  | {
      readonly kind: 'values';
      readonly names: readonly string[];
      readonly means?: readonly number[];
      readonly deviations?: readonly number[];
    };

export interface DataEncoding {
  readonly input: InputEncoding;
  readonly target: TargetEncoding;
}

/** The parts of a data set, of the same shape, and one line that says what was read. */
export interface DataSplit {
  readonly train: Dataset;
  /** Drawn from the training part where the configuration asks for one. */
  readonly validation?: Dataset;
  readonly test: Dataset;
  readonly encoding: DataEncoding;
  readonly description: string;
}
