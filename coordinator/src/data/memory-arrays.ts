/**
 * Arrays that a program hands over, checked and copied. In: anything a caller in plain JavaScript may pass; out: the
 * same values as arrays in shared memory, bytes as bytes and everything else rounded to float32. Every fault is a
 * UserError that names the array, the sample and the remedy.
 */

import { UserError } from '@hivegrad/shared/errors';
import { formatCount } from './describe.ts';
import { requireMemory } from './memory.ts';
import type { NpyArray } from './npy.ts';

/** Numbers of samples: one list or typed array for each, or those of all, one sample after the other, in one. */
export type NumberRows = readonly ArrayLike<number>[] | ArrayLike<number>;

/** What an array is called, and what is known about its samples. */
export interface Place {
  /** "options.data.train.features". */
  readonly path: string;
  /** Numbers of a sample, which an array of all samples cannot tell. */
  readonly width?: number | undefined;
  readonly memoryBytes: number;
}

const FORM = 'give one list of numbers for each sample, or one typed array for all with its width';

/** "Uint8Array" for a typed array of numbers, of whatever realm, else undefined. */
function typedKind(value: unknown): string | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const tag = (value as Partial<Uint8Array>)[Symbol.toStringTag] as string | undefined;
  return tag === undefined || tag === 'DataView' || tag.startsWith('Big') ? undefined : tag;
}

export function isTyped(value: unknown): value is Uint8Array | Float32Array {
  return typedKind(value) !== undefined;
}

/** Bytes, which stay what they are. */
function isBytes(value: unknown): boolean {
  const kind = typedKind(value);
  return kind === 'Uint8Array' || kind === 'Uint8ClampedArray';
}

/**
 * A copy as [samples, width]. Errors: DATA_MISSING, DATA_FORMAT (no array of numbers), DATA_EMPTY, DATA_MISMATCH
 * (samples of different widths), DATA_NOT_A_NUMBER, DATA_TOO_LARGE.
 */
export function arrayOfRows(input: unknown, place: Place): NpyArray {
  const { path } = place;
  const list = isTyped(input) ? input : listOf(input, path, FORM);
  if (list.length === 0) throw new UserError('DATA_EMPTY', `${path} is empty; give one sample at least.`);
  if (isTyped(list) || typeof list[0] === 'number') return copyFlat(list, place);
  return copyRows(list, place);
}

/** A list, whatever it holds. */
export function listOf(input: unknown, path: string, form: string): readonly unknown[] {
  if (Array.isArray(input)) return input as readonly unknown[];
  if (input === undefined || input === null) {
    throw new UserError('DATA_MISSING', `${path} is missing; ${form}.`);
  }
  throw new UserError('DATA_FORMAT', `${path} is ${shown(input)}; ${form}.`);
}

function copyFlat(list: ArrayLike<unknown>, { path, width, memoryBytes }: Place): NpyArray {
  if (width === undefined) {
    const message =
      `${path} is one array of ${formatCount(list.length)} numbers; say by width how many of them are a sample, or give ` +
      'one list for each.';
    throw new UserError('DATA_FORMAT', message);
  }
  if (list.length % width !== 0) {
    const message = `${path} holds ${formatCount(list.length)} numbers, which are no whole samples of ${formatCount(width)}; correct it or its width.`;
    throw new UserError('DATA_MISMATCH', message);
  }
  const shape = [list.length / width, width];
  const array = allocate(path, shape, { bytes: isBytes(list), memoryBytes });
  fill(array.values, list, {
    begin: 0,
    at: (index) => placeOf(path, Math.floor(index / width), index % width),
  });
  return { path, shape, type: array.type, buffer: array.buffer };
}

function copyRows(list: readonly unknown[], place: Place): NpyArray {
  const { path, memoryBytes } = place;
  const width = rowOf(list, 0, path).length;
  if (width === 0) {
    throw new UserError(
      'DATA_EMPTY',
      `${path}, sample 0 is empty; give one number at least for each sample.`,
    );
  }
  const expected = place.width ?? width;
  const array = allocate(path, [list.length, width], { bytes: list.every(isBytes), memoryBytes });
  for (let sample = 0; sample < list.length; sample++) {
    const row = rowOf(list, sample, path);
    if (row.length !== expected || row.length !== width) {
      const other = place.width === undefined ? `sample 0 has ${width}` : `it should be ${expected}`;
      const message = `${path}, sample ${sample} has the width ${row.length}, but ${other}; give all samples the same width.`;
      throw new UserError('DATA_MISMATCH', message);
    }
    fill(array.values, row, { begin: sample * width, at: (index) => placeOf(path, sample, index) });
  }
  return { path, shape: [list.length, width], type: array.type, buffer: array.buffer };
}

function rowOf(list: readonly unknown[], sample: number, path: string): ArrayLike<unknown> {
  const row = list[sample];
  if (isTyped(row) || Array.isArray(row)) return row as ArrayLike<unknown>;
  throw new UserError('DATA_FORMAT', `${path}, sample ${sample} is ${shown(row)}; ${FORM}.`);
}

function allocate(
  path: string,
  shape: readonly number[],
  { bytes, memoryBytes }: { bytes: boolean; memoryBytes: number },
) {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  // Elements and what bytes become, float32 at most.
  requireMemory(bytes ? 5 * count : 4 * count, memoryBytes, { path, what: `${shape.join(' x ')} numbers` });
  if (bytes) {
    const buffer = new SharedArrayBuffer(count);
    return { type: 'u1', buffer, values: new Uint8Array(buffer) } as const;
  }
  const buffer = new SharedArrayBuffer(4 * count);
  return { type: 'f4', buffer, values: new Float32Array(buffer) } as const;
}

/** Copies a row, or all; `at` names the place of one of its numbers. */
function fill(
  into: Uint8Array | Float32Array,
  row: ArrayLike<unknown>,
  { begin, at }: { begin: number; at: (index: number) => string },
): void {
  if (isTyped(row)) into.set(row, begin);
  else {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value !== 'number') {
        throw new UserError('DATA_FORMAT', `${at(i)} is ${shown(value)}, not a number; correct it.`);
      }
      into[begin + i] = value;
    }
  }
  if (into instanceof Uint8Array) return;
  for (let i = 0; i < row.length; i++) {
    // Infinity and NaN alone give NaN here.
    if (into[begin + i]! - into[begin + i]! === 0) continue;
    const message = `${at(i)}: ${String(row[i])} is not a finite float32; replace it, or drop the sample.`;
    throw new UserError('DATA_NOT_A_NUMBER', message);
  }
}

function placeOf(path: string, sample: number, index: number): string {
  return `${path}, sample ${sample}, value ${index}`;
}

const SHOWN_CHARACTERS_MAX = 40;

/** A value in a sentence: what it is, and a short text or number itself. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const text = value.length > SHOWN_CHARACTERS_MAX ? `${value.slice(0, SHOWN_CHARACTERS_MAX)}...` : value;
    return JSON.stringify(text);
  }
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return `a ${(value as Partial<Uint8Array>)[Symbol.toStringTag] ?? 'view'}`;
  if (typeof value === 'bigint') return `the bigint ${value}`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
