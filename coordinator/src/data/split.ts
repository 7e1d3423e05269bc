/**
 * Which rows form which part where no file says so. In: a number of rows, a share and the seed; out: indices of rows.
 * What is drawn depends on these alone, never on what the rows hold.
 */

import { permutation } from '@hivegrad/shared/data/sampler';
import { UserError } from '@hivegrad/shared/errors';
import { purposes } from '@hivegrad/shared/random/philox';

/** round(fraction * count), at least one and not all. */
function drawnCount(count: number, fraction: number): number {
  return Math.min(count - 1, Math.max(1, Math.round(fraction * count)));
}

/** Cuts a test part off `rows`, both parts in the order that was drawn; DATA_EMPTY where there is only one row. */
export function drawTest(
  rows: Uint32Array,
  { path, fraction, seed }: { path: string; fraction: number; seed: number },
): { train: Uint32Array; test: Uint32Array } {
  const count = rows.length;
  if (count < 2) {
    const message = `${path} has one row, which cannot be split; add rows, or name a test file.`;
    throw new UserError('DATA_EMPTY', message);
  }
  const order = permutation(seed, purposes.split, 0, count);
  for (let i = 0; i < count; i++) order[i] = rows[order[i]!]!;
  const drawn = drawnCount(count, fraction);
  return { train: order.slice(drawn), test: order.slice(0, drawn) };
}

export interface TrainingCut {
  readonly train: Uint32Array;
  /** Absent where the share is 0. */
  readonly validation?: Uint32Array;
}

/** Cuts a validation part off the training rows; those that stay keep their order. */
export function drawValidation(
  rows: Uint32Array,
  { path, fraction, seed }: { path: string; fraction: number; seed: number },
): TrainingCut {
  if (fraction === 0) return { train: rows };
  const count = rows.length;
  if (count < 2) {
    const message = `The training part of ${path} has one row and cannot be split again; add rows, or leave the validation part out.`;
    throw new UserError('DATA_EMPTY', message);
  }
  const drawn = drawnCount(count, fraction);
  const order = permutation(seed, purposes.validation, 0, count).subarray(0, drawn);
  const taken = new Uint8Array(count);
  for (const position of order) taken[position] = 1;
  return {
    train: rows.filter((_, position) => taken[position] === 0),
    validation: order.map((position) => rows[position]!),
  };
}

/** 0, 1, ... count - 1. */
export function countedRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/** Copies rows of `rowBytes` bytes each, in the order of `indices`. */
export function takeRows(
  source: SharedArrayBuffer,
  rowBytes: number,
  indices: Uint32Array,
): SharedArrayBuffer {
  const taken = new SharedArrayBuffer(rowBytes * indices.length);
  const from = new Uint8Array(source);
  const to = new Uint8Array(taken);
  for (let i = 0; i < indices.length; i++) {
    const begin = indices[i]! * rowBytes;
    to.set(from.subarray(begin, begin + rowBytes), i * rowBytes);
  }
  return taken;
}
