/**
 * A memory of the plain twin alone, for tests that judge the twin by definitions written without it.
 */

import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { floats } from './data.ts';

const buffer = new ArrayBuffer(1 << 18);
export const memory = new Float32Array(buffer);
export const words = new Uint32Array(buffer);
export const bytes = new Uint8Array(buffer);
export const twin: Kernels = createReferenceKernels(buffer);

let end = 0;
/** Gives all of the memory back. */
export function startOver(): void {
  end = 0;
}

/** Appends values to the memory and answers their byte offset. */
export function put(values: ArrayLike<number>): number {
  const at = end;
  memory.set(values, at / 4);
  end += values.length * 4;
  return at;
}

export const room = (length: number) => put(new Float32Array(length));
export const take = (at: number, length: number) => [...memory.slice(at / 4, at / 4 + length)];

/** Index of a value in panels of `width` features. */
export const panel = (width: number, sample: number, feature: number) =>
  ((sample >> 3) * width + feature) * 8 + (sample & 7);

export function toPanels(rows: number[][], width: number): Float32Array {
  const panels = new Float32Array(Math.ceil(rows.length / 8) * 8 * width);
  rows.forEach((row, sample) => {
    row.forEach((value, feature) => {
      panels[panel(width, sample, feature)] = value;
    });
  });
  return panels;
}

export const matrix = (rows: number, columns: number, seed: number): number[][] =>
  Array.from({ length: rows }, (_, i) => [...floats(columns, seed + i, 'plain')]);
