/** Float32 values by their bits, for the tests of the elementary functions. */

export type Scalar = (x: number) => number;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

export function fromBits(pattern: number): number {
  word[0] = pattern;
  return float[0] as number;
}

/** The distance between neighbouring float32 values around a finite `value`. */
export function ulp(value: number): number {
  float[0] = Math.abs(value);
  const exponent = Math.max(((word[0] as number) >>> 23) - 127, -126);
  return 2 ** (Math.min(exponent, 127) - 23);
}

/** The float32 value at `x` and its neighbours up to `radius` steps away. */
export function* around(x: number, radius: number): Generator<number> {
  float[0] = x;
  const centre = word[0] as number;
  for (let step = -radius; step <= radius; step += 1) yield fromBits(centre + step);
}

/** Every exponent and both signs, with mantissas that a stride prime to 2^32 spreads out. */
export function* everywhere(count: number): Generator<number> {
  const stride = Math.floor(2 ** 32 / count) | 1;
  for (let i = 0, pattern = 12345; i < count; i += 1, pattern += stride) yield fromBits(pattern);
}
