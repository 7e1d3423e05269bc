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
import { type Kernels, leadingDimension, panelBytes } from './kernels.ts';

export const TWO_TO_MINUS_130 = 7.346839692639297e-40;
export const TWO_TO_MINUS_68 = 3.3881317890172014e-21;

/** A 32-bit mixer (Wellons' lowbias32). */
export function mix(seed: number): number {
  let x = seed;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A number in [-1, 1) with 24 bits, or one time in sixteen each +0, -0 and a subnormal. */
export function plain(word: number): number {
  const number = (word >> 8) / 0x800000;
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

/** One float whose bits are written as a word. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** A finite number whose bits are those of `word`, all exponents alike. */
export function ofExponent(word: number): number {
  bits[0] = (word & 0x7f800000) === 0x7f800000 ? word - 0x00800000 : word;
  return float[0]!;
}

/** A value of a vector, with the special indices of a matrix. */
export function special(index: number, word: number): number {
  if (index === 1) return (0.25 + Math.abs(plain(word))) * TWO_TO_MINUS_130;
  if (index === 2) return plain(word) * TWO_TO_MINUS_68;
  return index === 3 ? -0 : plain(word);
}

/**
 * What a matrix is to a sum. `weights` [units][inputs]; `inputs` [samples][width], in whose sums row 3 or column 3
 * is positive; `deltas` [samples][units], which sums over samples take with inputs.
 */
export type Role = 'weights' | 'inputs' | 'deltas';

function entry(role: Role, row: number, column: number, word: number): number {
  if (role === 'weights' && (row === 3 || column === 3)) return -0;
  if (role === 'deltas' && column === 3) return -0;
  let value = plain(word);
  if (role === 'inputs' && (row === 3 || column === 3)) value = 0.25 + Math.abs(value);
  if (row === 2 || column === 2) value *= TWO_TO_MINUS_68;
  if (role === 'weights' && (row === 1 || column === 1)) value *= TWO_TO_MINUS_130;
  if (role === 'deltas' && column === 1) value *= TWO_TO_MINUS_130;
  return value;
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
  #length = 0;
  #salt = 0;

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

  /** A vector of floats whose values follow from index and a word that differs from vector to vector. */
  vector(length: number, value: (index: number, word: number) => number = special): number {
    const at = this.room(length * 4);
    const salt = this.#nextSalt();
    for (let i = 0; i < length; i++) this.#floats[at / 4 + i] = value(i, mix(salt + i));
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
    const salt = this.#nextSalt();
    return this.vector(rows * ld, (i) => {
      const row = Math.floor(i / ld);
      const column = i - row * ld;
      return column < columns ? entry(role, row, column, mix(salt + row * columns + column)) : 0;
    });
  }

  /** Rows as the kernels take them: `ld` is the leading dimension. */
  rows(role: Role, count: number, width: number): number {
    return this.matrix(role, count, width, leadingDimension(width));
  }

  /** The same kind of values as panels, with zeros for missing samples. */
  panels(role: Role, count: number, width: number): number {
    const salt = this.#nextSalt();
    return this.vector(panelBytes(count, width) / 4, (i) => {
      const panel = Math.floor(i / (8 * width));
      const sample = panel * 8 + (i & 7);
      const feature = (i >> 3) - panel * width;
      return sample < count ? entry(role, sample, feature, mix(salt + sample * width + feature)) : 0;
    });
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
    for (let line = 0, from = at / 4; line < ((count + 7) >> 3) * width; line++, from += 8) {
      const samples = Math.min(8, count - 8 * Math.floor(line / width));
      this.#results.set(this.#words.subarray(from, from + samples), this.#length);
      this.#length += samples;
    }
  }

  results(): Uint32Array {
    return this.#results.slice(0, this.#length);
  }

  #nextSalt(): number {
    this.#salt += 0x10000;
    return this.#salt;
  }
}
