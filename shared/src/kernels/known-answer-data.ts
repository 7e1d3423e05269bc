/**
 * The fixed data of the known-answer test and the memory that it works in. Nothing here draws chance: all values
 * come from a mixer of integers and exact operations.
 *
 * The data make an engine show what it does wrongly. Index 1 of a matrix holds subnormals, index 2 numbers near
 * 2^-68 whose products are subnormal, index 3 meets -0 with positive numbers, so that a sum that does not start at
 * +0 becomes -0. All other sums are of numbers in [-1, 1), which another order or a fused multiply-add rounds
 * otherwise.
 */

import { type Arena, createArena } from './arena.ts';
import { type Kernels, panelBytes } from './kernels.ts';

export const TWO_TO_MINUS_130 = 7.346839692639297e-40;
const TWO_TO_MINUS_68 = 3.3881317890172014e-21;
export const LARGEST_FLOAT = 3.4028234663852886e38;
/** By index: a subnormal, +0 and -0; all other values of a vector are ordinary. */
export const special: readonly (number | undefined)[] = [undefined, 1.25 * TWO_TO_MINUS_130, 0, -0];

/** A 32-bit mixer (Wellons' lowbias32). */
export function mix(seed: number): number {
  let x = seed;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A number in [-1, 1), or one time in sixteen each +0, -0 and a subnormal. */
function plain(word: number): number {
  // Thirds keep sums from being exact, as those of multiples of 2^-23 would be.
  const number = (word >> 8) / 0x800000 / (1 + ((word >> 4) & 3));
  switch (word & 15) {
    case 0:
      return 0;
    case 1:
      return -0;
    case 2:
      return number * TWO_TO_MINUS_130;
    default:
      return number;
  }
}

/** Values that all operands repeat: to make each one anew would take longer than all kernels together. A prime. */
const POOL_FLOATS = 509;

/** Cells of a matrix that is there for its length. */
const LONG = 1000;

function createPool(): Float32Array {
  const pool = new Float32Array(POOL_FLOATS);
  for (let i = 0; i < POOL_FLOATS; i++) pool[i] = plain(mix(i + 1));
  return pool;
}

/**
 * What a matrix is to a sum. `weights` [units][inputs]; `inputs` [samples][width], in whose sums row 3 or column 3
 * is positive; `deltas` [samples][units], which sums over samples take with inputs.
 */
export type Role = 'weights' | 'inputs' | 'deltas';

/** The value of a cell for which the pool has `value`. */
function cell(role: Role, row: number, column: number, value: number): number {
  if (role === 'weights' && (row === 3 || column === 3)) return -0;
  if (role === 'deltas' && column === 3) return -0;
  let x = value;
  if (role === 'inputs' && (row === 3 || column === 3)) x = 0.25 + Math.abs(x);
  if (row === 2 || column === 2) x *= TWO_TO_MINUS_68;
  if (role === 'weights' && (row === 1 || column === 1)) x *= TWO_TO_MINUS_130;
  if (role === 'deltas' && column === 1) x *= TWO_TO_MINUS_130;
  return x;
}

/** Places operands in a part of a memory, one case after the other, and keeps the bits of their results. */
export class Workbench {
  readonly kernels: Kernels;
  readonly #floats: Float32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #bytesMax: number;
  readonly #results: Uint32Array;
  #arena: Arena;
  readonly #pool = createPool();
  #length = 0;
  #operands = 0;

  /** `bytesMax` from address `base` are the workbench's own; `floatsMax` results can be kept. */
  constructor(
    kernels: Kernels,
    memory: { readonly buffer: ArrayBufferLike },
    limits: { readonly base: number; readonly bytesMax: number; readonly floatsMax: number },
  ) {
    this.kernels = kernels;
    this.#floats = new Float32Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#base = limits.base;
    this.#bytesMax = limits.bytesMax;
    this.#results = new Uint32Array(limits.floatsMax);
    this.#arena = createArena(limits.base);
  }

  /** Gives all memory back. */
  clear(): void {
    this.#arena = createArena(this.#base);
  }

  /** The address of `bytes` bytes with whatever was there before. */
  room(bytes: number): number {
    const address = this.#arena.allocate(bytes);
    if (this.#arena.end > this.#base + this.#bytesMax) throw new RangeError('the workbench is too small');
    return address;
  }

  /** A vector of `length` values of the pool; indices 1 to 3 are those of a matrix. */
  vector(length: number): number {
    const at = this.#fromPool(length);
    const first = at / 4;
    this.#floats[first + 1] = (0.25 + Math.abs(this.#floats[first + 1]!)) * TWO_TO_MINUS_130;
    this.#floats[first + 2]! *= TWO_TO_MINUS_68;
    this.#floats[first + 3] = -0;
    return at;
  }

  /** A vector of floats whose values follow from an index and a value of the pool. */
  floats(length: number, value: (index: number, pooled: number) => number): number {
    const at = this.#fromPool(length);
    for (let i = 0; i < length; i++) this.#floats[at / 4 + i] = value(i, this.#floats[at / 4 + i]!);
    return at;
  }

  integers(length: number, value: (index: number) => number): number {
    const at = this.room(length * 4);
    for (let i = 0; i < length; i++) this.#words[at / 4 + i] = value(i);
    return at;
  }

  bytes(length: number, value: (index: number) => number): number {
    const at = this.room(length);
    for (let i = 0; i < length; i++) this.#bytes[at + i] = value(i);
    return at;
  }

  /** Rows of `columns` values, `ld` floats apart, with zeros between. */
  matrix(role: Role, rows: number, columns: number, ld = columns): number {
    const at = this.#fromPool(rows * ld);
    const first = at / 4;
    this.#specialCells(role, rows, columns, (row, column) => first + row * ld + column);
    for (let end = first + ld; ld > columns && end <= first + rows * ld; end += ld) {
      this.#floats.fill(0, end - ld + columns, end);
    }
    return at;
  }

  /** Makes zeros of the columns of rows, `ld` floats apart, that `isCleared` names: -0 in even rows, +0 in odd ones. */
  clearColumns(at: number, rows: number, ld: number, isCleared: (column: number) => boolean): void {
    for (let i = 0; i < rows * ld; i++) {
      if (isCleared(i % ld)) this.#floats[at / 4 + i] = Math.floor(i / ld) % 2 === 0 ? -0 : 0;
    }
  }

  /** The same kind of values as panels, with zeros for missing samples. */
  panels(role: Role, count: number, width: number): number {
    const at = this.#fromPool(panelBytes(count, width) / 4);
    const index = (sample: number, feature: number) =>
      at / 4 + ((sample >> 3) * width + feature) * 8 + (sample & 7);
    this.#specialCells(role, count, width, index);
    for (let sample = count; (sample & 7) !== 0; sample++) {
      for (let feature = 0; feature < width; feature++) this.#floats[index(sample, feature)] = 0;
    }
    return at;
  }

  keep(at: number, length: number): void {
    this.#results.set(this.#words.subarray(at / 4, at / 4 + length), this.#length);
    this.#length += length;
  }

  keepAnswer(answer: number): void {
    this.#results[this.#length++] = answer;
  }

  /** Keeps the samples that there are; the other lanes of the last panel are not defined. */
  keepPanels(at: number, count: number, width: number): void {
    const whole = (count >> 3) * width * 8;
    this.keep(at, whole);
    for (let i = whole; (count & 7) !== 0 && i < whole + width * 8; i++) {
      if ((i & 7) < (count & 7)) this.keepAnswer(this.#words[at / 4 + i]!);
    }
  }

  results(): Uint32Array {
    return this.#results.slice(0, this.#length);
  }

  #fromPool(length: number): number {
    const at = this.room(length * 4);
    const end = at / 4 + length;
    // Each operand begins elsewhere in the pool.
    let from = mix(++this.#operands) % POOL_FLOATS;
    for (let to = at / 4; to < end; from = 0) {
      const part = this.#pool.subarray(from, from + end - to);
      this.#floats.set(part, to);
      to += part.length;
    }
    return at;
  }

  /** Rows and columns 1 to 3, each cell once, but for matrices that are there for their length. */
  #specialCells(
    role: Role,
    rows: number,
    columns: number,
    index: (row: number, column: number) => number,
  ): void {
    if (rows * columns > LONG) return;
    const change = (row: number, column: number) => {
      const i = index(row, column);
      this.#floats[i] = cell(role, row, column, this.#floats[i]!);
    };
    for (let row = 0; row < rows; row++) {
      const isSpecial = row >= 1 && row <= 3;
      const [from, to] = isSpecial ? [0, columns] : [1, Math.min(4, columns)];
      for (let column = from; column < to; column++) change(row, column);
    }
  }
}
