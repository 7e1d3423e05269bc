/**
 * Which rows of the training set the cache of each worker has, known from what was sent: a cache keeps the rows that
 * come first until it is full, and forgets none. Where that is wrong, a worker says so and the rows are sent again.
 * Bound: one bit a sample for each cache that was ever sent something, and so many caches.
 */

/** The rows of one cache. */
export interface CachedRows {
  has(sample: number): boolean;
  /** The row is sent now; whether it is kept follows from how many were sent before it. */
  note(sample: number): void;
  /** The worker says that it lacks the row. */
  forget(sample: number): void;
}

export interface SentRowsOptions {
  /** Of the training set. */
  readonly samples: number;
  /** What a row costs in a cache. */
  readonly rowBytes: number;
  /** Caches that are remembered; the one that was opened longest ago is forgotten first. */
  readonly cachesMax: number;
}

export class SentRows {
  readonly #options: SentRowsOptions;
  readonly #caches = new Map<string, CachedRows>();

  constructor(options: SentRowsOptions) {
    this.#options = options;
  }

  /** The cache of this name with room for so many bytes, as it was when it was last seen. */
  open(cacheId: string, bytesMax: number): CachedRows {
    const { samples, rowBytes, cachesMax } = this.#options;
    // The same name with another room is another cache.
    const key = `${cacheId} ${bytesMax}`;
    const rows = this.#caches.get(key) ?? cachedRows(samples, Math.floor(bytesMax / rowBytes));
    this.#caches.delete(key);
    this.#caches.set(key, rows);
    for (const oldest of this.#caches.keys()) {
      if (this.#caches.size <= cachesMax) break;
      this.#caches.delete(oldest);
    }
    return rows;
  }
}

function cachedRows(samples: number, rowsMax: number): CachedRows {
  // Most workers of a large fleet wait; they cost nothing here until they are given their first node.
  let bits: Uint8Array | undefined;
  let kept = 0;
  return {
    has: (sample) => bits !== undefined && (bits[sample >> 3]! & (1 << (sample & 7))) !== 0,
    note(sample) {
      if (kept >= rowsMax) return;
      bits ??= new Uint8Array(Math.ceil(samples / 8));
      bits[sample >> 3]! |= 1 << (sample & 7);
      kept++;
    },
    // Its place is not free again: the cache may well be full of other rows.
    forget(sample) {
      if (bits !== undefined) bits[sample >> 3]! &= ~(1 << (sample & 7));
    },
  };
}
