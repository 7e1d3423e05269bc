/**
 * Elementary functions with the same bits in every engine: exp, expm1, log, log1p, tanh, sigmoid, sin
 * and cos.
 *
 * A float64 goes in and a float64 comes out. Only `+ - * /`, floor, comparisons and the bits of the
 * exponent are used, all of which IEEE 754 and ECMAScript define exactly, whereas Math.exp and its
 * kin differ between engines. The relative error is below 1e-14, unless the result is 0 or infinite, so
 * that the result of a float32 argument lies within 0.500001 ulp of the truth once the caller has
 * rounded it with Math.fround, the only rounding to float32. NaN in gives NaN out.
 *
 * `assembly/elementary.ts` performs the same operations in the same order on pairs of float64 lanes.
 * A change of one operation here needs the same change there; otherwise the bits part.
 */

const INVERSE_LN2 = Math.LOG2E;
/** The leading 32 bits of ln 2: its product with an integer of up to 21 bits is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Scratch space in which the bits of one float64 are read and written; it holds nothing between calls. */
const bits = new DataView(new ArrayBuffer(8));

/** 2^n for an integer n in [-1022, 1023]; n = -1023 gives 0 and n = 1024 gives Infinity. */
function powerOfTwo(n: number): number {
  bits.setUint32(4, (n + 1023) << 20, true);
  bits.setUint32(0, 0, true);
  return bits.getFloat64(0, true);
}

/**
 * e^r - 1 for |r| <= 0.36, as r times the Taylor polynomial of (e^r - 1)/r. The first term left out is
 * r^12/13! < 1e-15.
 */
function expm1Reduced(r: number): number {
  let p = 1 / 479001600;
  p = p * r + 1 / 39916800;
  p = p * r + 1 / 3628800;
  p = p * r + 1 / 362880;
  p = p * r + 1 / 40320;
  p = p * r + 1 / 5040;
  p = p * r + 1 / 720;
  p = p * r + 1 / 120;
  p = p * r + 1 / 24;
  p = p * r + 1 / 6;
  p = p * r + 1 / 2;
  p = p * r + 1;
  return p * r;
}

/**
 * Moves an argument beyond the range of float64 to one that saturates without a special case: -709 has
 * n = -1023, a scale of 0, and 710 has n = 1024, a scale of Infinity, both with r > 0. NaN stays NaN.
 */
function saturate(x: number): number {
  const bounded = x < -708 ? -709 : x;
  return bounded > 709 ? 710 : bounded;
}

/**
 * e^x. With n = round(x / ln 2) and r = x - n ln 2, e^x = 2^n (1 + (e^r - 1)).
 * Infinity for x > 709 and 0 for x < -708, so that no subnormal float64 comes out.
 */
export function exp(x: number): number {
  const bounded = saturate(x);
  const n = Math.floor(bounded * INVERSE_LN2 + 0.5);
  const r = bounded - n * LN2_HIGH - n * LN2_LOW;
  return powerOfTwo(n) * (1 + expm1Reduced(r));
}

/** e^x - 1 for an x that {@link saturate} leaves or gives; of -0 it returns +0. */
function expm1Bounded(x: number): number {
  const n = Math.floor(x * INVERSE_LN2 + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  const scale = powerOfTwo(n);
  return scale * expm1Reduced(r) + (scale - 1);
}

/** e^x - 1 without cancellation near 0: 2^n (e^r - 1) + (2^n - 1). Infinity for x > 709. */
export function expm1(x: number): number {
  const y = expm1Bounded(saturate(x));
  return x === 0 ? x : y;
}

/** tanh x = (e^2|x| - 1) / (e^2|x| + 1) with the sign of x; beyond |x| = 22 it is 1 in float64. */
export function tanh(x: number): number {
  const magnitude = Math.abs(x);
  const bounded = magnitude > 22 ? 22 : magnitude;
  const e = expm1Bounded(bounded + bounded);
  const y = e / (e + 2);
  const signed = x < 0 ? -y : y;
  return x === 0 ? x : signed;
}

/** The logistic function 1 / (1 + e^-x); exactly 0 for x < -709. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/**
 * The exponent k of x = m 2^k with m in [sqrt(1/2), sqrt(2)), for a positive normal x. Adding the
 * distance from sqrt(1/2) to 1 to the bits makes the exponent field step at sqrt(1/2), not at 1.
 */
function exponentOf(x: number): number {
  bits.setFloat64(0, x, true);
  return ((bits.getUint32(4, true) + 0x95f62) >>> 20) - 1023;
}

/** The m of {@link exponentOf}. */
function mantissaOf(x: number): number {
  bits.setFloat64(0, x, true);
  const high = bits.getUint32(4, true) + 0x95f62;
  bits.setUint32(4, (high & 0xfffff) + 0x3fe6a09e, true);
  return bits.getFloat64(0, true);
}

/**
 * ln(1 + f) + k ln 2 for 1 + f in [sqrt(1/2), sqrt(2)). With s = f / (2 + f), |s| <= 0.172, it is
 * 2 artanh(s) = 2s (1 + s^2/3 + s^4/5 + ...); the first term left out is s^20/21 < 3e-17.
 */
function logReduced(f: number, k: number): number {
  const s = f / (2 + f);
  const z = s * s;
  let p = 2 / 19;
  p = p * z + 2 / 17;
  p = p * z + 2 / 15;
  p = p * z + 2 / 13;
  p = p * z + 2 / 11;
  p = p * z + 2 / 9;
  p = p * z + 2 / 7;
  p = p * z + 2 / 5;
  p = p * z + 2 / 3;
  p = p * z + 2;
  return k * LN2_HIGH + (s * p + k * LN2_LOW);
}

/** Gives the value y of a logarithm at x the limits of ln: x = Infinity, 0, below 0, and NaN. */
function logLimits(x: number, y: number): number {
  const upper = x < Infinity ? y : x;
  const lower = x === 0 ? -Infinity : upper;
  return x < 0 ? NaN : lower;
}

/** ln x. -Infinity of a zero of either sign, NaN of a negative number. */
export function log(x: number): number {
  // A subnormal float64 has no leading bit to read the exponent from; 2^54 times it has one.
  const isSmall = x < 2.2250738585072014e-308;
  const scaled = isSmall ? x * 18014398509481984 : x;
  const k = exponentOf(scaled) - (isSmall ? 54 : 0);
  return logLimits(x, logReduced(mantissaOf(scaled) - 1, k));
}

/**
 * ln(1 + x). While 1 + x lies in [sqrt(1/2), sqrt(2)) the series takes x itself, not what is left of
 * it in 1 + x; elsewhere |ln(1 + x)| > 0.34 and the rounding of 1 + x does no harm.
 */
export function log1p(x: number): number {
  const u = 1 + x;
  const k = exponentOf(u);
  const f = k === 0 ? x : mantissaOf(u) - 1;
  const y = logLimits(u, logReduced(f, k));
  return x === 0 ? x : y;
}

/** sin r for |r| <= 0.8; the first term left out of the Taylor series is r^17/17! < 1e-16. */
function sinReduced(r: number): number {
  const z = r * r;
  let p = -1 / 1307674368000;
  p = p * z + 1 / 6227020800;
  p = p * z + -1 / 39916800;
  p = p * z + 1 / 362880;
  p = p * z + -1 / 5040;
  p = p * z + 1 / 120;
  p = p * z + -1 / 6;
  p = p * z + 1;
  return p * r;
}

/** cos r for |r| <= 0.8; the first term left out of the Taylor series is r^18/18! < 1e-17. */
function cosReduced(r: number): number {
  const z = r * r;
  let p = 1 / 20922789888000;
  p = p * z + -1 / 87178291200;
  p = p * z + 1 / 479001600;
  p = p * z + -1 / 3628800;
  p = p * z + 1 / 40320;
  p = p * z + -1 / 720;
  p = p * z + 1 / 24;
  p = p * z + -1 / 2;
  return p * z + 1;
}

/** 2/pi after the binary point, 26 bits at a time. */
const TWO_OVER_PI = [42722829, 48555073, 21659401, 56087029, 13858563, 28715353, 38736100, 4324945] as const;

/** 2^25. Beyond it the argument is reduced with the digits of 2/pi, up to it with those of pi/2. */
const LARGE = 33554432;

/**
 * sin(a + shift pi/2) for a >= 0 and shift 0 or 1.
 *
 * The argument is written as a = k pi/2 + r with |r| <= 0.8, and the quadrant k mod 4 chooses the
 * series and the sign. Both ways of finding r are exact wherever leading bits cancel, so that r is
 * good to a few units of its own 53rd bit.
 *
 * a <= 2^25 (Cody and Waite): k < 2^25, and pi/2 is cut into three parts of 28 bits, of which the
 * lowest have the weights 2^-27, 2^-55 and 2^-83, and a rest of 53 bits. Hence k times each of the
 * three is exact. a - k p1 is exact: it is below 1.2, and a multiple of 2^-27 or of the unit of a. The
 * next difference is a multiple of 2^-55, so it is rounded only where it is above 1/4, and what follows
 * is below 2^-30; the third is rounded only above 2^-30, and what follows is below 2^-57. No rounded
 * difference is therefore cancelled by a later one, and each costs a relative 2^-53.
 *
 * a > 2^25, a float32 (Payne and Hanek): the products p of a (24 bits) and 26 bits of 2/pi are exact,
 * and so is their residue modulo 4, for which whole turns are thrown away. Let L be the weight of the
 * lowest bit of a product; it falls by 2^-26 from one to the next, and p < 2^50 L. Products with L >= 4
 * leave nothing. The first with L <= 2 has L >= 2^-24, for either its predecessor had L >= 4, or it is
 * the very first and the unit of a is at least 4. It, and its sum with the next (L >= 2^-50, sum below
 * 4.5), are exact. A later sum t can be rounded only if |t| >= 2^53 L > 8 p: then t came from
 * |t| <= 1/2 and is below 0.58, so that taking out an integer leaves it as it is or above 0.42 in
 * magnitude, and all that follows is below 2^-28 of it. Again nothing that was rounded is cancelled. No
 * float32 comes nearer to a multiple of pi/2 than 2^-29.9 of pi/2, and the bits of 2/pi that are left
 * out weigh less than 2^(128 - 208) = 2^-80.
 */
function sinOfQuadrant(a: number, shift: number): number {
  let k = 0;
  let r = 0;
  if (a <= LARGE) {
    k = Math.floor(a * 0.6366197723675814 + 0.5);
    r = a - k * 1.570796325802803;
    r = r - k * 9.920935739593517e-10;
    r = r - k * 5.721188709663575e-18;
    r = r - k * 1.6446256936324258e-26;
  } else {
    let scaled = a;
    for (const digits of TWO_OVER_PI) {
      scaled = scaled * 1.4901161193847656e-8; // 2^-26
      const product = scaled * digits;
      r = r + (product - 4 * Math.floor(product * 0.25));
      const whole = Math.floor(r + 0.5);
      r = r - whole;
      k = k + whole;
    }
    r = r * 1.5707963267948966;
  }
  const turned = k + shift;
  const quadrant = turned - 4 * Math.floor(turned * 0.25);
  const y = quadrant === 1 || quadrant === 3 ? cosReduced(r) : sinReduced(r);
  return quadrant >= 2 ? -y : y;
}

/**
 * sin x for x in radians: any float32, and any float64 with |x| <= 2^25. Other float64 values have to be
 * rounded to float32 first. NaN of an infinity.
 */
export function sin(x: number): number {
  const y = sinOfQuadrant(Math.abs(x), 0);
  const signed = x < 0 ? -y : y;
  return x === 0 ? x : signed;
}

/** cos x for the arguments that {@link sin} takes. */
export function cos(x: number): number {
  return sinOfQuadrant(Math.abs(x), 1);
}
