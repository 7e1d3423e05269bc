/**
 * Two memories with the same bytes, the SIMD module over one and the plain twin over the other. A case lays out its
 * operands, one call runs on both, and {@link Pair.check} compares every defined bit of the outputs and finds every
 * byte that was changed elsewhere.
 *
 * Outputs start with different garbage in the two memories, scratch and the space between regions with NaNs: a
 * value that is not written, or that depends on what it must not read, shows. The NaNs are signalling ones, each
 * with bits of its own, so that neither arithmetic nor a copy puts back what stood there.
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
import { Arena, type Region } from './arena.ts';
import { mix } from './data.ts';

/** The module that `npm run build:wasm -w shared` wrote. */
export function loadKernelModule(): KernelModule {
  return compileKernels(
    readFileSync(createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm')),
  );
}

/** Answers what the kernel answers, if it does. */
type Call = (kernels: Kernels) => unknown;

export interface Pair {
  /** The kernels of the module, by which a call can tell the sides apart. */
  readonly module: Kernels;
  /**
   * Lays out a case, runs it on both sides and throws at the first bit that differs or is out of place. `layout`
   * runs once for each side and has to do the same both times.
   */
  check(seed: number, layout: (arena: Arena) => Call): void;
}

interface PairOptions {
  /** The address in the module's memory where the `bytes` of a case begin; the twin's begin at 0. */
  readonly origin?: number;
  /** Switches the wide tile of the module on. */
  readonly wide?: boolean;
  /** Replaces kernels of the module; the tests of this file itself need that. */
  readonly amend?: (kernels: Kernels, buffer: ArrayBufferLike) => Kernels;
}

/** One of the two: its kernels, the bytes of its memory that cases use, and what its outputs are filled with. */
interface Side {
  readonly name: string;
  readonly kernels: Kernels;
  readonly memory: Buffer;
  readonly origin: number;
  readonly garbage: number;
}

/** `bytes` is what the largest case takes, a multiple of 4. */
export function createPair(
  bytes: number,
  { origin = 0, wide = false, amend = (kernels) => kernels }: PairOptions = {},
): Pair {
  const memory = createMemory(origin + bytes);
  const twinBuffer = new SharedArrayBuffer(bytes);
  const module: Side = {
    name: 'the module',
    kernels: amend(instantiateKernels(loadKernelModule(), memory, { wide }), memory.buffer),
    memory: Buffer.from(memory.buffer, origin, bytes),
    origin,
    garbage: 0x11,
  };
  const twin: Side = {
    name: 'the twin',
    kernels: createReferenceKernels(twinBuffer),
    memory: Buffer.from(twinBuffer),
    origin: 0,
    garbage: 0x22,
  };
  const guards = new Uint8Array(
    Uint32Array.from({ length: bytes / 4 }, (_, i) => 0x7f800001 + (mix(i) % 0x3fffff)).buffer,
  );
  const image = Buffer.from(guards);
  let end = 0;

  const run = (side: Side, seed: number, layout: (arena: Arena) => Call) => {
    const arena = new Arena(image, seed, side.origin);
    const call = layout(arena);
    end = arena.end + PADDING_BYTES;
    side.memory.set(image.subarray(0, end));
    for (const { at, touched, role } of arena.regions) {
      if (role === 'output') side.memory.fill(side.garbage, at, at + touched);
    }
    return { answer: call(side.kernels), regions: arena.regions };
  };

  return {
    module: module.kernels,
    check(seed, layout) {
      image.set(guards.subarray(0, end));
      const got = run(module, seed, layout);
      const { answer, regions } = run(twin, seed, layout);
      if (got.answer !== answer) throw new Error(`the module answers ${got.answer}, the twin ${answer}`);
      for (const region of regions) compareRegion(region, module.memory, twin.memory);
      for (const side of [module, twin]) expectNothingElse(side, regions, image.subarray(0, end));
    },
  };
}

/** The bits of a NaN differ between machines; all of them count as one. */
function canonical(word: number): number {
  return (word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word;
}

function compareRegion(region: Region, module: Buffer, twin: Buffer): void {
  if (region.role === 'scratch') return;
  const length = region.bytes / 4;
  const got = new Uint32Array(module.buffer, module.byteOffset + region.at, length);
  const expected = new Uint32Array(twin.buffer, twin.byteOffset + region.at, length);
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
function expectNothingElse({ name, memory }: Side, regions: readonly Region[], image: Buffer): void {
  for (const { at, touched } of regions) memory.set(image.subarray(at, at + touched), at);
  if (memory.subarray(0, image.length).equals(image)) return;
  const at = image.findIndex((byte, i) => byte !== memory[i]);
  const before = regions.filter((region) => region.at <= at).at(-1);
  const place =
    before === undefined ? 'before all outputs' : `${at - before.at} bytes from the start of ${before.name}`;
  throw new Error(`${name} wrote where it must not: byte ${at}, ${place}`);
}
