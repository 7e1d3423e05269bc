/**
 * Elementary functions on pairs of float64 lanes, for use inside the kernels.
 *
 * A v128 that holds an f64x2 goes in and one comes out. Each lane gets the very operations, in the same
 * order, that `src/kernels/elementary.ts` performs on one number: the bits of the two are equal, except
 * for those of a NaN. That file holds the mathematics, the error bounds and the ranges. Constants stand
 * in the code, so the module carries no data and allocates nothing.
 *
 * A kernel over float32 widens four lanes into two pairs ({@link promoteLow}, {@link promoteHigh}),
 * computes in float64 and rounds once, with {@link demotePairs}.
 */

/** Lanes 0 and 1 of an f32x4 as an f64x2. */
@inline
export function promoteLow(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** Lanes 2 and 3 of an f32x4 as an f64x2. */
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

/** The f32x4 of two f64x2, each lane rounded to the nearest float32, ties to even. */
@inline
export function demotePairs(low: v128, high: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

@inline
function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** One step of Horner's rule, p * x + c, rounded after the product and after the sum. */
@inline
function horner(p: v128, x: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(p, x), splat(c));
}

/** `yes` in the lanes whose mask is all ones, `no` in the others. */
@inline
function select(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask);
}

@inline
function isZero(x: v128): v128 {
  return f64x2.eq(x, splat(0.0));
}

/** floor(x / ln 2 + 1/2). */
@inline
function quotientOfLn2(x: v128): v128 {
  return f64x2.floor(horner(x, splat(1.4426950408889634), 0.5));
}

/** x - n ln 2 with ln 2 in two parts. */
@inline
function remainderOfLn2(x: v128, n: v128): v128 {
  const high = f64x2.sub(x, f64x2.mul(n, splat(0.6931471803691238)));
  return f64x2.sub(high, f64x2.mul(n, splat(1.9082149292705877e-10)));
}

/** 2^n for integers n in [-1023, 1024]: the sum with 2^52 + 1023 has n + 1023 as its lowest bits. */
@inline
function powerOfTwo(n: v128): v128 {
  return i64x2.shl(f64x2.add(n, splat(4503599627371519.0)), 52);
}

@inline
function expm1Reduced(r: v128): v128 {
  let p = splat(1.0 / 479001600.0);
  p = horner(p, r, 1.0 / 39916800.0);
  p = horner(p, r, 1.0 / 3628800.0);
  p = horner(p, r, 1.0 / 362880.0);
  p = horner(p, r, 1.0 / 40320.0);
  p = horner(p, r, 1.0 / 5040.0);
  p = horner(p, r, 1.0 / 720.0);
  p = horner(p, r, 1.0 / 120.0);
  p = horner(p, r, 1.0 / 24.0);
  p = horner(p, r, 1.0 / 6.0);
  p = horner(p, r, 1.0 / 2.0);
  p = horner(p, r, 1.0);
  return f64x2.mul(p, r);
}

@inline
function saturate(x: v128): v128 {
  const bounded = select(f64x2.lt(x, splat(-708.0)), splat(-709.0), x);
  return select(f64x2.gt(bounded, splat(709.0)), splat(710.0), bounded);
}

/** e^x. */
@inline
export function expPair(x: v128): v128 {
  const bounded = saturate(x);
  const n = quotientOfLn2(bounded);
  const r = remainderOfLn2(bounded, n);
  return f64x2.mul(powerOfTwo(n), f64x2.add(splat(1.0), expm1Reduced(r)));
}

@inline
function expm1Bounded(x: v128): v128 {
  const n = quotientOfLn2(x);
  const r = remainderOfLn2(x, n);
  const scale = powerOfTwo(n);
  return f64x2.add(f64x2.mul(scale, expm1Reduced(r)), f64x2.sub(scale, splat(1.0)));
}

/** e^x - 1. */
@inline
export function expm1Pair(x: v128): v128 {
  return select(isZero(x), x, expm1Bounded(saturate(x)));
}

/** tanh x. */
@inline
export function tanhPair(x: v128): v128 {
  const magnitude = f64x2.abs(x);
  const bounded = select(f64x2.gt(magnitude, splat(22.0)), splat(22.0), magnitude);
  const e = expm1Bounded(f64x2.add(bounded, bounded));
  const y = f64x2.div(e, f64x2.add(e, splat(2.0)));
  const signed = select(f64x2.lt(x, splat(0.0)), f64x2.neg(y), y);
  return select(isZero(x), x, signed);
}

/** 1 / (1 + e^-x). */
@inline
export function sigmoidPair(x: v128): v128 {
  return f64x2.div(splat(1.0), f64x2.add(splat(1.0), expPair(f64x2.neg(x))));
}

/** The bits of x with the exponent field made to step at sqrt(1/2) instead of at 1. */
@inline
function shiftedBits(x: v128): v128 {
  return i64x2.add(x, i64x2.splat(0x00095f6200000000));
}

/** The exponent field becomes the lowest bits of 2^52 + field, from which 2^52 + 1023 is taken. */
@inline
function exponentOf(x: v128): v128 {
  const field = i64x2.shr_u(shiftedBits(x), 52);
  return f64x2.sub(v128.or(field, i64x2.splat(0x4330000000000000)), splat(4503599627371519.0));
}

@inline
function mantissaOf(x: v128): v128 {
  const fraction = v128.and(shiftedBits(x), i64x2.splat(0x000fffffffffffff));
  return i64x2.add(fraction, i64x2.splat(0x3fe6a09e00000000));
}

@inline
function logReduced(f: v128, k: v128): v128 {
  const s = f64x2.div(f, f64x2.add(splat(2.0), f));
  const z = f64x2.mul(s, s);
  let p = splat(2.0 / 19.0);
  p = horner(p, z, 2.0 / 17.0);
  p = horner(p, z, 2.0 / 15.0);
  p = horner(p, z, 2.0 / 13.0);
  p = horner(p, z, 2.0 / 11.0);
  p = horner(p, z, 2.0 / 9.0);
  p = horner(p, z, 2.0 / 7.0);
  p = horner(p, z, 2.0 / 5.0);
  p = horner(p, z, 2.0 / 3.0);
  p = horner(p, z, 2.0);
  const low = f64x2.add(f64x2.mul(s, p), f64x2.mul(k, splat(1.9082149292705877e-10)));
  return f64x2.add(f64x2.mul(k, splat(0.6931471803691238)), low);
}

@inline
function logLimits(x: v128, y: v128): v128 {
  const upper = select(f64x2.lt(x, splat(Infinity)), y, x);
  const lower = select(isZero(x), splat(-Infinity), upper);
  return select(f64x2.lt(x, splat(0.0)), splat(NaN), lower);
}

/** ln x. */
@inline
export function logPair(x: v128): v128 {
  const isSmall = f64x2.lt(x, splat(2.2250738585072014e-308));
  const scaled = select(isSmall, f64x2.mul(x, splat(18014398509481984.0)), x);
  const k = f64x2.sub(exponentOf(scaled), v128.and(isSmall, splat(54.0)));
  return logLimits(x, logReduced(f64x2.sub(mantissaOf(scaled), splat(1.0)), k));
}

/** ln(1 + x). */
@inline
export function log1pPair(x: v128): v128 {
  const u = f64x2.add(splat(1.0), x);
  const k = exponentOf(u);
  const f = select(isZero(k), x, f64x2.sub(mantissaOf(u), splat(1.0)));
  return select(isZero(x), x, logLimits(u, logReduced(f, k)));
}

function sinReduced(r: f64): f64 {
  const z = r * r;
  let p: f64 = -1.0 / 1307674368000.0;
  p = p * z + 1.0 / 6227020800.0;
  p = p * z + -1.0 / 39916800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z + -1.0 / 5040.0;
  p = p * z + 1.0 / 120.0;
  p = p * z + -1.0 / 6.0;
  p = p * z + 1.0;
  return p * r;
}

function cosReduced(r: f64): f64 {
  const z = r * r;
  let p: f64 = 1.0 / 20922789888000.0;
  p = p * z + -1.0 / 87178291200.0;
  p = p * z + 1.0 / 479001600.0;
  p = p * z + -1.0 / 3628800.0;
  p = p * z + 1.0 / 40320.0;
  p = p * z + -1.0 / 720.0;
  p = p * z + 1.0 / 24.0;
  p = p * z + -1.0 / 2.0;
  return p * z + 1.0;
}

/** 2/pi after the binary point, the `i`-th 26 bits, i < 8. */
function twoOverPi(i: i32): f64 {
  switch (i) {
    case 0:
      return 42722829.0;
    case 1:
      return 48555073.0;
    case 2:
      return 21659401.0;
    case 3:
      return 56087029.0;
    case 4:
      return 13858563.0;
    case 5:
      return 28715353.0;
    case 6:
      return 38736100.0;
    default:
      return 4324945.0;
  }
}

/** sin(a + shift pi/2) for a >= 0. Its path depends on the argument, so it takes one lane at a time. */
function sinOfQuadrant(a: f64, shift: f64): f64 {
  let k: f64 = 0.0;
  let r: f64 = 0.0;
  if (a <= 33554432.0) {
    k = floor<f64>(a * 0.6366197723675814 + 0.5);
    r = a - k * 1.570796325802803;
    r = r - k * 9.920935739593517e-10;
    r = r - k * 5.721188709663575e-18;
    r = r - k * 1.6446256936324258e-26;
  } else {
    let scaled = a;
    for (let i = 0; i < 8; ++i) {
      scaled = scaled * 1.4901161193847656e-8; // 2^-26
      const product = scaled * twoOverPi(i);
      r = r + (product - 4.0 * floor<f64>(product * 0.25));
      const whole = floor<f64>(r + 0.5);
      r = r - whole;
      k = k + whole;
    }
    r = r * 1.5707963267948966;
  }
  const turned = k + shift;
  const quadrant = turned - 4.0 * floor<f64>(turned * 0.25);
  const y = quadrant == 1.0 || quadrant == 3.0 ? cosReduced(r) : sinReduced(r);
  return quadrant >= 2.0 ? -y : y;
}

function sinOf(x: f64): f64 {
  const y = sinOfQuadrant(abs<f64>(x), 0.0);
  const signed = x < 0.0 ? -y : y;
  return x == 0.0 ? x : signed;
}

/** sin x, x in radians: any float32, or a float64 with |x| <= 2^25. */
@inline
export function sinPair(x: v128): v128 {
  const low = f64x2.splat(sinOf(f64x2.extract_lane(x, 0)));
  return f64x2.replace_lane(low, 1, sinOf(f64x2.extract_lane(x, 1)));
}

/** cos x for the arguments that {@link sinPair} takes. */
@inline
export function cosPair(x: v128): v128 {
  const low = f64x2.splat(sinOfQuadrant(abs<f64>(f64x2.extract_lane(x, 0)), 1.0));
  return f64x2.replace_lane(low, 1, sinOfQuadrant(abs<f64>(f64x2.extract_lane(x, 1)), 1.0));
}
