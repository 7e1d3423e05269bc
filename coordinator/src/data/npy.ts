/**
 * Reader of NPY, NumPy's format for one array, versions 1.0 to 3.0: a magic, the length of a header, a Python
 * literal with dtype, order and shape, then the elements (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * Plain or gzip. Out comes an array in C order in shared memory; a shape that does not match the bytes is an error.
 */

import { UserError } from '@hivegrad/shared/errors';
import { type ByteSource, openBytes } from './bytes.ts';
import { requireMemory } from './memory.ts';

/** Size of an element by dtype; little-endian where that matters. */
const ITEM_BYTES = { u1: 1, i1: 1, u2: 2, i2: 2, u4: 4, i4: 4, i8: 8, f4: 4, f8: 8 } as const;
export type NpyType = keyof typeof ITEM_BYTES;

export interface NpyArray {
  readonly path: string;
  readonly type: NpyType;
  /** At least one dimension; none is zero. */
  readonly shape: readonly number[];
  /** Elements, row-major, little-endian. */
  readonly buffer: SharedArrayBuffer;
}

/** Headers of real arrays take a few hundred bytes; a longer one is damage. */
const HEADER_BYTES_MAX = 2 ** 16;

/**
 * Reads a file. Errors: DATA_MISSING, DATA_FORMAT (magic, header, dtype, order, trailing bytes), DATA_TRUNCATED,
 * DATA_EMPTY, DATA_TOO_LARGE.
 */
export async function readNpy(path: string, memoryBytes: number): Promise<NpyArray> {
  const source = openBytes(path);
  try {
    const { text, bytes: headerBytes } = await readHeader(source);
    const { type, shape } = parseHeader(path, text);
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    const shown = `[${shape.join(' x ')}]`;
    if (shape.length === 0 || count === 0) {
      throw new UserError(
        'DATA_EMPTY',
        `${path} has the shape ${shown} and holds no sample; give an array of samples.`,
      );
    }
    const expected = count * ITEM_BYTES[type];
    // The claim of the header is checked before memory is taken for it: it may be damaged.
    const available = source.bytesMax - headerBytes;
    if (expected > available)
      throw truncated(path, expected, `${source.compressed ? 'at most ' : ''}${available}`);
    // Elements and what they become, float32 at most.
    requireMemory(expected + 4 * count, memoryBytes, { path, what: `${shown} elements of ${type}` });
    const buffer = new SharedArrayBuffer(expected);
    const found = await source.read(new Uint8Array(buffer));
    if (found < expected) throw truncated(path, expected, `${found}`);
    if ((await source.read(new Uint8Array(1))) > 0) {
      const message = `${path} has more bytes than the ${expected} of its shape ${shown}; save or download it again.`;
      throw new UserError('DATA_FORMAT', message);
    }
    return { path, type, shape, buffer };
  } finally {
    source.close();
  }
}

async function readHeader(source: ByteSource): Promise<{ text: string; bytes: number }> {
  const { path } = source;
  const start = new Uint8Array(8);
  const found = await source.read(start);
  if (found === 0) throw new UserError('DATA_EMPTY', `${path} is empty; save or download it again.`);
  if (Buffer.from(start.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') {
    throw new UserError('DATA_FORMAT', `${path} is no NPY file; save one with numpy.save.`);
  }
  const [version = 0] = start.subarray(6);
  if (found === 8 && (version < 1 || version > 3)) {
    const message = `${path} is written in NPY version ${version}, and versions 1 to 3 can be read; save it with numpy.save.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const size = new Uint8Array(version === 1 ? 2 : 4);
  const sizeFound = found < 8 ? 0 : await source.read(size);
  if (sizeFound < size.length) throw truncated(path, 8 + size.length, `${found + sizeFound}`);
  const view = new DataView(size.buffer);
  const length = version === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > HEADER_BYTES_MAX) {
    const message = `${path} announces a header of ${length} bytes, more than any array needs; save or download it again.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const header = new Uint8Array(length);
  const headerFound = await source.read(header);
  const before = 8 + size.length;
  if (headerFound < length) throw truncated(path, before + length, `${before + headerFound}`);
  return { text: Buffer.from(header).toString('utf8'), bytes: before + length };
}

function parseHeader(path: string, text: string): { type: NpyType; shape: number[] } {
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[))/.exec(text);
  if (order === undefined || shape === undefined || descr === null) {
    const message = `${path} has a header without descr, fortran_order or shape; save it again with numpy.save.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const type = parseType(path, descr[1]);
  if (order === 'True') {
    const message = `${path} is in Fortran order; save numpy.ascontiguousarray(a) instead.`;
    throw new UserError('DATA_FORMAT', message);
  }
  const dimensions = shape
    .split(',')
    .flatMap((part) => (part.trim() === '' ? [] : [Number.parseInt(part, 10)]));
  return { type, shape: dimensions };
}

function parseType(path: string, descr: string | undefined): NpyType {
  const order = descr?.[0];
  const type = descr?.slice(1) ?? '';
  if (!isNpyType(type)) {
    const shown = descr === undefined ? 'records' : `elements of dtype ${JSON.stringify(descr)}`;
    const message = `${path} holds ${shown}; save a.astype('float32') instead, or one of ${Object.keys(ITEM_BYTES).join(', ')}.`;
    throw new UserError('DATA_FORMAT', message);
  }
  if (order === '>' && ITEM_BYTES[type] > 1) {
    const message = `${path} is big-endian (${descr}); save a.astype('<${type}') instead.`;
    throw new UserError('DATA_FORMAT', message);
  }
  return type;
}

function isNpyType(text: string): text is NpyType {
  return Object.hasOwn(ITEM_BYTES, text);
}

function truncated(path: string, expected: number, found: string): UserError {
  const message = `${path} is cut short: ${expected} bytes expected, ${found} found; save or download it again.`;
  return new UserError('DATA_TRUNCATED', message);
}

/** The elements as JavaScript reads them; those of i8 are bigints. */
export function elementsOf({ type, buffer }: NpyArray) {
  switch (type) {
    case 'u1':
      return new Uint8Array(buffer);
    case 'i1':
      return new Int8Array(buffer);
    case 'u2':
      return new Uint16Array(buffer);
    case 'i2':
      return new Int16Array(buffer);
    case 'u4':
      return new Uint32Array(buffer);
    case 'i4':
      return new Int32Array(buffer);
    case 'i8':
      return new BigInt64Array(buffer);
    case 'f4':
      return new Float32Array(buffer);
    case 'f8':
      return new Float64Array(buffer);
  }
}

/**
 * The elements as float32, in the memory of the array where they are float32 already. DATA_NOT_A_NUMBER names the
 * first that is not finite.
 */
export function float32Of(array: NpyArray): SharedArrayBuffer {
  const elements = elementsOf(array);
  const buffer = array.type === 'f4' ? array.buffer : new SharedArrayBuffer(4 * elements.length);
  const values = new Float32Array(buffer);
  const integers = array.type !== 'f4' && array.type !== 'f8';
  if (!(elements instanceof Float32Array)) {
    if (elements instanceof BigInt64Array)
      for (let i = 0; i < values.length; i++) values[i] = Number(elements[i]);
    else values.set(elements);
  }
  if (integers) return buffer;
  for (let i = 0; i < values.length; i++) {
    // Infinity and NaN alone give NaN here.
    if (values[i]! - values[i]! === 0) continue;
    const width = values.length / (array.shape[0] ?? 1);
    const place = `sample ${Math.floor(i / width)}, value ${i % width}`;
    const message = `${array.path}, ${place}: ${elements[i]} is not a finite float32; replace it, or drop the sample.`;
    throw new UserError('DATA_NOT_A_NUMBER', message);
  }
  return buffer;
}
