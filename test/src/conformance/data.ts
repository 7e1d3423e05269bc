/**
 * Operands for the kernels: float32 values that depend on a seed and a flavour and on nothing else, so that a
 * failing case repeats.
 */

/** A 32-bit mixer (Wellons' lowbias32): neighbouring seeds give unrelated words. */
export function mix(seed: number): number {
  let x = seed >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * plain: uniform in [-1, 1). wide: exponents from -70 to 70. tiny: signed zeros, subnormals and what multiplies to
 * them. wild: plain with every 16th value a special one, infinities and NaN among them. bits: any bit pattern.
 */
export const flavours = ['plain', 'wide', 'tiny', 'wild', 'bits'] as const;
export type Flavour = (typeof flavours)[number];

const specials = new Uint32Array([
  0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x3f800000,
  0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345,
]);

function tinyBits(word: number): number {
  const sign = word & 0x80000000;
  switch (word & 3) {
    case 0:
      return sign;
    case 1:
      return sign | ((word >>> 2) & 0x7fffff);
    case 2:
      return sign | (55 << 23) | ((word >>> 4) & 0x7fffff); // about 2^-72
    default:
      return sign | (((word >>> 4) & 0x0fffffff) % 0x01800000); // from 0 to 2^-123
  }
}

function wideBits(word: number, other: number): number {
  const exponent = 57 + (other % 141);
  return (word & 0x80000000) | (exponent << 23) | ((word >>> 5) & 0x7fffff);
}

export function floats(length: number, seed: number, flavour: Flavour): Float32Array {
  const values = new Float32Array(length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < length; i++) {
    const word = mix(Math.imul(seed, 0x9e3779b9) + i);
    const other = mix(word ^ seed);
    if (flavour === 'bits') words[i] = word;
    else if (flavour === 'tiny') words[i] = tinyBits(word);
    else if (flavour === 'wide') words[i] = wideBits(word, other);
    else if (flavour === 'wild' && (other & 15) === 0) words[i] = specials[(other >>> 4) & 15]!;
    else values[i] = (word | 0) / 0x80000000;
  }
  return values;
}

/** Integers from 0 up to `limit`, without it. */
export function integers(length: number, seed: number, limit: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => mix(Math.imul(seed, 0x85ebca6b) + i) % limit);
}

/** Every float32 whose bits are start + i stride, for `length` values of i. */
export function bitPatterns(length: number, start: number, stride: number): Float32Array {
  const words = new Uint32Array(length);
  for (let i = 0, bits = start >>> 0; i < length; i++, bits = (bits + stride) >>> 0) words[i] = bits;
  words.set(specials.subarray(0, Math.min(specials.length, length)));
  return new Float32Array(words.buffer);
}
