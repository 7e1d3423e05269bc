/**
 * A cache of rows in the memory of this process: in a browser tab it lasts until the tab is closed or reloaded. Room
 * is taken as rows come, so a cap above what the data set needs costs nothing. Invariant: a row that is here has the
 * bytes with which it came first, and no row is ever given up for another.
 */

import { featureBytes, rowBytes, targetBytes } from '../protocol/limits.ts';
import type { RunShape } from '../protocol/messages.ts';
import type { RowCache } from './ports.ts';

/** Rows are kept in blocks of about so many bytes. */
const BLOCK_BYTES = 4_194_304;

export interface RowCacheOptions {
  /** 32 random hexadecimal digits, new for each cache. */
  readonly id: string;
  readonly bytesMax: number;
}

/** What is known of one training set. */
interface Kept {
  readonly key: string;
  readonly rowsMax: number;
  readonly rowsPerBlock: number;
  /** For each sample 0, or 1 + the place of its row. */
  readonly places: Uint32Array;
  readonly blocks: Uint8Array[];
  rows: number;
}

/** @throws RangeError from `open` where the machine has no room for an index of the samples */
export function createRowCache({ id, bytesMax }: RowCacheOptions): RowCache {
  let kept: Kept | undefined;
  let [featuresEnd, targetsEnd, stride] = [0, 0, 0];

  const blockOf = ({ blocks, rowsPerBlock, rows, rowsMax }: Kept, place: number): Uint8Array | undefined => {
    const number = Math.floor(place / rowsPerBlock);
    if (blocks[number] !== undefined) return blocks[number];
    const bytes = Math.min(rowsPerBlock, rowsMax - rows) * stride;
    try {
      blocks[number] = new Uint8Array(bytes);
    } catch {
      // The cap was above what the machine has; the rows come again as they are needed.
      return undefined;
    }
    return blocks[number];
  };

  return {
    id,
    bytesMax,
    open(shape, dataset) {
      const key = keyOf(shape, dataset);
      if (kept?.key === key) return;
      featuresEnd = featureBytes(shape);
      targetsEnd = featuresEnd + targetBytes(shape);
      stride = rowBytes(shape);
      const rowsMax = Math.min(Math.floor(bytesMax / stride), shape.samples);
      const rowsPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / stride));
      kept = { key, rowsMax, rowsPerBlock, places: new Uint32Array(shape.samples), blocks: [], rows: 0 };
    },
    has: (sample) => kept !== undefined && kept.places[sample]! > 0,
    put(sample, { features, targets, weight }) {
      if (kept === undefined) return false;
      if (kept.places[sample]! > 0) return true;
      if (kept.rows >= kept.rowsMax) return false;
      const block = blockOf(kept, kept.rows);
      if (block === undefined) return false;
      const at = (kept.rows % kept.rowsPerBlock) * stride;
      block.set(features, at);
      block.set(targets, at + featuresEnd);
      block.set(weight, at + targetsEnd);
      kept.places[sample] = ++kept.rows;
      return true;
    },
    copy(sample, rows, at) {
      const { places, blocks, rowsPerBlock } = kept!;
      const place = places[sample]! - 1;
      const block = blocks[Math.floor(place / rowsPerBlock)]!;
      const from = (place % rowsPerBlock) * stride;
      const part = (begin: number, end: number) => block.subarray(from + begin, from + end);
      rows.features.set(part(0, featuresEnd), at * featuresEnd);
      rows.targets.set(part(featuresEnd, targetsEnd), at * (targetsEnd - featuresEnd));
      if (stride > targetsEnd) rows.weights.set(part(targetsEnd, stride), at * (stride - targetsEnd));
    },
  };
}

/** Rows of the same training set look the same only in the same shape. */
function keyOf({ samples, features, targets, weighted }: RunShape, dataset: string): string {
  return JSON.stringify([dataset, samples, features, targets, weighted]);
}
