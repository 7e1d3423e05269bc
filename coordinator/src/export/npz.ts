/**
 * A network as a NumPy archive: a ZIP file with one NPY 1.0 array for each parameter, `numpy.load` gives them by
 * their names. In: a trained network; out: bytes that depend on it alone. The arrays are stored and not packed:
 * weights are noise to a compressor.
 */

import { UserError } from '@hivegrad/shared/errors';
import { type Zippable, zipSync } from 'fflate';
import type { TrainedNetwork } from './network.ts';

const MAGIC = '\x93NUMPY\x01\x00';
/** Behind the magic: the u16 that counts the rest of the header. */
const LENGTH_BYTES = 2;
/** The values begin at a multiple of it, so that they can be mapped into memory. */
const ALIGNMENT = 64;
/** Sizes in a ZIP file without its 64-bit extension are u32. */
const BYTES_MAX = 2 ** 32 - 1;

/** @throws UserError `EXPORT_TOO_LARGE` above `bytesMax` bytes */
export function encodeNpz(
  { parameters, weights }: TrainedNetwork,
  { bytesMax = BYTES_MAX }: { bytesMax?: number } = {},
): Uint8Array<ArrayBuffer> {
  const arrays = parameters.map(({ name, shape, offset, size }) => {
    return [`${name}.npy`, encodeNpy(shape, weights.subarray(offset, offset + size))] as const;
  });
  // For each entry two headers with its name, below 200 bytes in all.
  const bytes = arrays.reduce((sum, [, array]) => sum + array.length + 200, 0);
  if (bytes > bytesMax) {
    const message = `The network takes ${bytes} bytes as npz, and a file of that format has at most ${bytesMax}. Export it as safetensors.`;
    throw new UserError('EXPORT_TOO_LARGE', message);
  }
  const entries: Zippable = Object.fromEntries(arrays);
  // The oldest day of the format, at noon, so that no shift of a clock moves it: fflate writes local time.
  return zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1, 12) });
}

/** One array in NPY 1.0: magic, length of the header, the header as a Python literal, the values. */
export function encodeNpy(shape: readonly number[], values: Float32Array): Uint8Array<ArrayBuffer> {
  // A tuple of one element ends with a comma.
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + LENGTH_BYTES;
  const start = Math.ceil((before + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + values.byteLength);
  bytes.set(Uint8Array.from(MAGIC, (character) => character.charCodeAt(0)));
  new DataView(bytes.buffer).setUint16(MAGIC.length, start - before, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - before - 1)}\n`), before);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  return bytes;
}
