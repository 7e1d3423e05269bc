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
  /** SHA-256 in hex over shapes, kinds, scale and bytes: what a run is bound to. */
  readonly digest: string;
}

/** A training part and a test part of the same shape, and one line that says what was read. */
export interface DataSplit {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly description: string;
}
