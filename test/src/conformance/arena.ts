/**
 * Places the operands of a case in an image of memory, and remembers what a kernel may write there and what of it
 * the contract defines.
 */

import { PADDING_BYTES } from '@hivegrad/shared/kernels/kernels';
import { mix } from './data.ts';

/** Says whether the float of this index in a region is defined by the contract. */
export type Defined = (index: number) => boolean;

/** Places count from the origin of the arena. */
export interface Region {
  readonly name: string;
  readonly at: number;
  /** Bytes that are compared. */
  readonly bytes: number;
  /** Bytes that may be written; what follows `bytes` is not compared. */
  readonly touched: number;
  readonly defined: Defined;
  readonly role: 'inout' | 'output' | 'scratch';
}

type Words = Float32Array | Uint32Array | Uint8Array;

/** Places regions one after the other in the image that both memories start from. */
export class Arena {
  readonly regions: Region[] = [];
  readonly image: Uint8Array;
  end = 0;
  readonly #seed: number;
  readonly #origin: number;

  /**
   * `image` holds what stands between the regions. It will be at the address `origin`, from which the places of
   * regions count.
   */
  constructor(image: Uint8Array, seed: number, origin: number) {
    this.image = image;
    this.#seed = seed;
    this.#origin = origin;
  }

  /** A buffer that the kernel may only read. Answers its byte offset, as all others do. */
  input(values: Words): number {
    return this.#origin + this.#copy(values, this.#place(values.byteLength));
  }

  /** Bytes that are read, at an address that is no multiple of 4. */
  oddInput(values: Uint8Array): number {
    return this.#origin + this.#copy(values, this.#place(values.byteLength + 1) + 1);
  }

  /** A buffer that is read and written in place. */
  inout(name: string, values: Words, defined: Defined = () => true): number {
    const bytes = values.byteLength;
    return this.#own({
      name,
      at: this.#copy(values, this.#place(bytes)),
      bytes,
      touched: bytes,
      defined,
      role: 'inout',
    });
  }

  /** A buffer of floats that is only written; `touched` is how many bytes of it may be, where more than compared. */
  output(name: string, length: number, defined: Defined = () => true, touched = length * 4): number {
    return this.#own({ name, at: this.#place(touched), bytes: length * 4, touched, defined, role: 'output' });
  }

  /** Panels that are only written. Samples that are missing from the last panel are not defined. */
  panels(name: string, count: number, width: number): number {
    return this.output(name, panelFloats(count, width), ofSamples(count, width));
  }

  scratch(bytes: number): number {
    const at = this.#place(bytes);
    return this.#own({ name: 'scratch', at, bytes, touched: bytes, defined: () => false, role: 'scratch' });
  }

  #own(region: Region): number {
    this.regions.push(region);
    return this.#origin + region.at;
  }

  #copy(values: Words, at: number): number {
    this.image.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return at;
  }

  /** Regions start at any multiple of 4, PADDING_BYTES or more behind the last one. */
  #place(bytes: number): number {
    const skew = (mix(this.#seed + this.end) & 3) * 4;
    const at = ((this.end + 15) & ~15) + PADDING_BYTES + skew;
    this.end = at + bytes;
    if (this.end + PADDING_BYTES > this.image.length)
      throw new RangeError('this case needs a larger pair of memories');
    return at;
  }
}

export function panelFloats(count: number, width: number): number {
  return ((count + 7) & ~7) * width;
}

export function ofSamples(count: number, width: number): Defined {
  return (index) => Math.floor(index / (8 * width)) * 8 + (index & 7) < count;
}
