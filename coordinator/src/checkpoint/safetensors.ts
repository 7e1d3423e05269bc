/**
 * The safetensors file format, to and from bytes: a u64 little-endian header length, a JSON header
 * padded with spaces so that the data start at a multiple of 8, then the raw tensors.
 * In go named float32 tensors and a map of strings, out come the same. The decoder follows the rules
 * of the reference loader: whatever it accepts is covered by tensors byte for byte, once each.
 *
 * Tensor bytes are copied as they are: the engines that run this program are little-endian, like the
 * WebAssembly memory in which the vectors live.
 */

import { UserError } from '@hivegrad/shared/errors';
import { duplicateKey } from './duplicate-key.ts';

export interface Tensor {
  readonly name: string;
  readonly dtype: 'F32';
  /** Row-major; empty for a scalar. */
  readonly shape: readonly number[];
  /** As many values as the product of `shape`. */
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  /** In the order of their bytes in the file. */
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the header says of a tensor of any type. */
export interface TensorEntry {
  readonly name: string;
  /** For example `F32`, `BF16` or `I64`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and the one after the last, counted from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes; together they cover all bytes behind the header, once each. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data start in the file. */
  readonly dataStart: number;
}

/** The reference loader refuses longer headers too. */
export const HEADER_BYTES_MAX = 100_000_000;
/** The u64 in front of the header. */
export const LENGTH_BYTES = 8;
const METADATA_KEY = '__metadata__';
const FLOAT_BYTES = 4;
/** Bits of a value. A type that is not here is newer than this table, and its sizes are taken on trust. */
const TYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  ...{ U8: 8, U16: 16, U32: 32, U64: 64 },
  ...{ I8: 8, I16: 16, I32: 32, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
};

/** The error of every damaged file: what it is, what is wrong with it, and what to do. */
export function damaged(source: string, reason: string, cause?: unknown): UserError {
  const message = `The checkpoint ${source} is damaged: ${reason}. Use an earlier checkpoint, or copy the file again from where it is whole.`;
  return new UserError('CHECKPOINT_DAMAGED', message, { cause });
}

/** Number of values in a tensor of this shape; 1 for a scalar. */
export function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Tensors are written in the order given, behind metadata in the order given. */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const names = new Set(tensors.map((tensor) => tensor.name));
  if (names.size !== tensors.length || names.has(METADATA_KEY))
    throw new Error('tensor names must be unique');
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA_KEY, metadata]);
  let end = 0;
  for (const { name, dtype, shape, data } of tensors) {
    if (valueCount(shape) !== data.length) throw new Error(`${name}: ${data.length} values for [${shape}]`);
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Decodes a whole file. The tensors may share memory with `bytes`.
 * `source` names the file in the `CHECKPOINT_DAMAGED` error that every breach raises.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  const { entries, metadata, dataStart } = readEntries(bytes, source);
  const tensors = entries.map(({ name, dtype, shape, begin, end }): Tensor => {
    if (dtype !== 'F32') throw damaged(source, `tensor ${name} has the type "${dtype}" instead of "F32"`);
    return { name, dtype, shape, data: floats(bytes, dataStart + begin, dataStart + end) };
  });
  return { tensors, metadata };
}

/** The header of a file whose tensors are of any type; the errors are those of {@link decodeSafetensors}. */
export function readEntries(bytes: Uint8Array, source: string): SafetensorsHeader {
  const { header, dataStart } = readHeader(bytes, source);
  const { [METADATA_KEY]: metadata, ...rest } = header;
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, source));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) throw damaged(source, `tensor ${name} overlaps the one before it`);
    if (begin > covered)
      throw damaged(source, `there is a hole of ${begin - covered} bytes before tensor ${name}`);
    covered = end;
  }
  const dataBytes = bytes.length - dataStart;
  if (covered > dataBytes) throw damaged(source, `${covered - dataBytes} bytes are missing at its end`);
  if (covered < dataBytes) throw damaged(source, `${dataBytes - covered} bytes follow after the last tensor`);
  return { entries, metadata: parseMetadata(metadata, source), dataStart };
}

function readHeader(
  bytes: Uint8Array,
  source: string,
): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) throw damaged(source, `it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A u64 beyond 2^53 loses its low digits here, and is refused all the same.
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > HEADER_BYTES_MAX) {
    throw damaged(source, `its header claims ${headerBytes} bytes, more than ${HEADER_BYTES_MAX}`);
  }
  const dataStart = LENGTH_BYTES + headerBytes;
  if (dataStart > bytes.length) throw damaged(source, `its header of ${headerBytes} bytes is cut short`);
  let text: string;
  let header: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    text = decoder.decode(bytes.subarray(LENGTH_BYTES, dataStart));
    header = JSON.parse(text);
  } catch (cause) {
    throw damaged(source, 'its header is not JSON in UTF-8', cause);
  }
  if (!text.startsWith('{') || !isRecord(header)) throw damaged(source, 'its header does not begin with {');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(source, `its header has the key ${JSON.stringify(twice)} twice`);
  return { header, dataStart };
}

function parseEntry(name: string, value: unknown, source: string): TensorEntry {
  const fail = (reason: string): never => {
    throw damaged(source, `tensor ${name} ${reason}`);
  };
  if (!isRecord(value)) return fail('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') return fail(`has the type ${JSON.stringify(dtype)} instead of a name`);
  if (!isSizes(shape)) return fail('has a shape that is not a list of sizes');
  if (!isSizes(offsets) || offsets.length !== 2) return fail('does not have two byte offsets');
  const [begin = 0, end = 0] = offsets;
  const bits = Object.hasOwn(TYPE_BITS, dtype) ? TYPE_BITS[dtype] : undefined;
  const expectedBytes = bits === undefined ? end - begin : (valueCount(shape) * bits) / 8;
  if (end - begin !== expectedBytes || !Number.isSafeInteger(expectedBytes) || expectedBytes < 0) {
    return fail(
      `of shape [${shape.join(', ')}] takes bytes ${begin} to ${end} instead of ${expectedBytes} bytes`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function parseMetadata(metadata: unknown, source: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(source, `its ${METADATA_KEY} is not a map of strings`);
  }
  return metadata as Record<string, string>;
}

function floats(bytes: Uint8Array, begin: number, end: number): Float32Array {
  const at = bytes.byteOffset + begin;
  // A Float32Array must start at a multiple of 4, which other programs' files do not promise.
  if (at % FLOAT_BYTES !== 0) return new Float32Array(new Uint8Array(bytes.subarray(begin, end)).buffer);
  return new Float32Array(bytes.buffer, at, (end - begin) / FLOAT_BYTES);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
