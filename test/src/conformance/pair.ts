/**
 * Two memories with the same bytes, the SIMD module over one and the plain twin over the other. A case lays out its
 * operands, one call runs on both, and {@link Pair.check} compares every defined bit of the outputs and finds every
 * byte that was changed elsewhere.
 *
 * Outputs start with different garbage in the two memories, scratch and the space between regions with NaNs: a
 * value that is not written, or that depends on what it must not read, shows.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Kernels, PADDING_BYTES } from '@hivegrad/shared/kernels/kernels';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import {
  compileKernels,
  createMemory,
  instantiateKernels,
  type KernelModule,
} from '@hivegrad/shared/kernels/wasm';
import { mix } from './data.ts';

/** The module that `npm run build:wasm -w shared` wrote. */
export function loadKernelModule(): KernelModule {
  return compileKernels(
    readFileSync(createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm')),
  );
}

/** Says whether the float of this index in a region is defined by the contract. */
type Defined = (index: number) => boolean;

interface Region {
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

  /** `image` is filled with 0xff, which read as a float is a NaN. */
  constructor(image: Uint8Array, seed: number) {
    this.image = image;
    this.#seed = seed;
  }

  /** A buffer that the kernel may only read. Answers its byte offset, as all others do. */
  input(values: Words): number {
    const at = this.#place(values.byteLength);
    this.image.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return at;
  }

  /** Bytes that are read, at an address that is no multiple of 4. */
  oddInput(values: Uint8Array): number {
    const at = this.#place(values.byteLength + 3) + 1 + (this.regions.length % 3);
    this.image.set(values, at);
    return at;
  }

  /** A buffer that is read and written in place. */
  inout(name: string, values: Words, defined: Defined = () => true): number {
    const at = this.input(values);
    this.regions.push({
      name,
      at,
      bytes: values.byteLength,
      touched: values.byteLength,
      defined,
      role: 'inout',
    });
    return at;
  }

  /** A buffer of floats that is only written; `touched` is how many bytes of it may be, where more than compared. */
  output(name: string, length: number, defined: Defined = () => true, touched = length * 4): number {
    const at = this.#place(touched);
    this.regions.push({ name, at, bytes: length * 4, touched, defined, role: 'output' });
    return at;
  }

  /** Panels that are only written. Samples that are missing from the last panel are not defined. */
  panels(name: string, count: number, width: number): number {
    return this.output(name, panelFloats(count, width), ofSamples(count, width));
  }

  scratch(bytes: number): number {
    const at = this.#place(bytes);
    this.regions.push({ name: 'scratch', at, bytes, touched: bytes, defined: () => false, role: 'scratch' });
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

/** Answers what the kernel answers, if it does. */
type Call = (kernels: Kernels) => unknown;

export interface Pair {
  /** The kernels of the module, by which a call can tell the sides apart. */
  readonly module: Kernels;
  /** Lays out a case, runs it on both sides and throws at the first bit that differs or is out of place. */
  check(seed: number, layout: (arena: Arena) => Call): void;
}

/** `amend` may replace kernels of the module; the tests of this file itself need that. */
export function createPair(
  bytes: number,
  amend: (kernels: Kernels, buffer: ArrayBufferLike) => Kernels = (k) => k,
): Pair {
  const memory = createMemory(bytes);
  const module = Buffer.from(memory.buffer);
  const twinBuffer = new SharedArrayBuffer(memory.buffer.byteLength);
  const twin = Buffer.from(twinBuffer);
  const fast = amend(instantiateKernels(loadKernelModule(), memory), memory.buffer);
  const plain = createReferenceKernels(twinBuffer);
  const image = new Uint8Array(bytes).fill(0xff);
  let end = 0;
  return {
    module: fast,
    check(seed, layout) {
      image.fill(0xff, 0, end);
      const arena = new Arena(image, seed);
      const call = layout(arena);
      end = Math.min(bytes, arena.end + PADDING_BYTES);
      for (const [side, garbage] of [
        [module, 0x11],
        [twin, 0x22],
      ] as const) {
        side.set(image.subarray(0, end));
        for (const { at, touched, role } of arena.regions) {
          if (role === 'output') side.fill(garbage, at, at + touched);
        }
      }
      const [got, expected] = [call(fast), call(plain)];
      if (got !== expected) throw new Error(`the module answers ${got}, the twin ${expected}`);
      for (const region of arena.regions) compareRegion(region, memory.buffer, twinBuffer);
      expectNothingElse('the module', module, arena, end);
      expectNothingElse('the twin', twin, arena, end);
    },
  };
}

/** The bits of a NaN differ between machines; all of them count as one. */
function canonical(word: number): number {
  return (word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word;
}

function compareRegion(region: Region, module: ArrayBufferLike, twin: ArrayBufferLike): void {
  if (region.role === 'scratch') return;
  const length = region.bytes / 4;
  const got = new Uint32Array(module, region.at, length);
  const expected = new Uint32Array(twin, region.at, length);
  for (let i = 0; i < length; i++) {
    if (got[i] !== expected[i] && canonical(got[i]!) !== canonical(expected[i]!) && region.defined(i)) {
      const hex = (word: number) => `0x${word.toString(16).padStart(8, '0')}`;
      throw new Error(
        `${region.name}[${i}] of ${length} is ${hex(got[i]!)}, the twin has ${hex(expected[i]!)}`,
      );
    }
  }
}

/** Puts back what may be written and finds what else is not as it was. */
function expectNothingElse(who: string, side: Buffer, arena: Arena, end: number): void {
  const image = Buffer.from(arena.image.buffer, 0, end);
  for (const { at, touched } of arena.regions) side.set(image.subarray(at, at + touched), at);
  if (side.subarray(0, end).equals(image)) return;
  const at = image.findIndex((byte, i) => byte !== side[i]);
  const before = arena.regions.filter((region) => region.at <= at).at(-1);
  const place =
    before === undefined ? 'before all outputs' : `${at - before.at} bytes from the start of ${before.name}`;
  throw new Error(`${who} wrote where it must not: byte ${at}, ${place}`);
}
