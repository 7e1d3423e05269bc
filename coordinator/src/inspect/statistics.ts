/**
 * What the values of a tensor are like, whatever its type. In: its bytes and the name of its type; out: extremes,
 * moments, the L2 norm, and how many values are zero or not finite. Sums run in order in float64.
 */

export interface Statistics {
  /** Over the finite values; all five are null where there is none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the population: divided by the number of values. */
  readonly deviation: number | null;
  /** Square root of the sum of squares. */
  readonly norm: number | null;
  readonly zeros: number;
  /** NaN or infinite. */
  readonly nonFinite: number;
}

interface Reader {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

/** By the names of safetensors. Types that are missing (float8, complex) are listed without statistics. */
const readers: Readonly<Record<string, Reader>> = {
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  I8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  U16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  I16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  U32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  U64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  F16: { bytes: 2, read: (view, at) => float16(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => bfloat16(view.getUint16(at, true)) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Undefined for a type whose values are not read as numbers. */
export function statisticsOf(dtype: string, bytes: Uint8Array): Statistics | undefined {
  if (!Object.hasOwn(readers, dtype)) return undefined;
  const { bytes: size, read } = readers[dtype] as Reader;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  let [finite, zeros, nonFinite] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at += size) {
    const value = read(view, at);
    if (!Number.isFinite(value)) {
      nonFinite++;
      continue;
    }
    finite++;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
  }
  if (finite === 0)
    return { min: null, max: null, mean: null, deviation: null, norm: null, zeros, nonFinite };
  const mean = sum / finite;
  // A second pass: the difference of large sums would lose the deviation of values far from 0.
  let around = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const value = read(view, at);
    if (Number.isFinite(value)) around += (value - mean) * (value - mean);
  }
  return {
    min,
    max,
    mean,
    deviation: Math.sqrt(around / finite),
    norm: Math.sqrt(squares),
    zeros,
    nonFinite,
  };
}

/** IEEE 754 binary16: one sign bit, five of exponent, ten of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
