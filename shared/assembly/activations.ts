/**
 * Activations and their derivatives, four float32 at a time. Those built on transcendental functions are
 * computed in float64 from the float32 argument and rounded once; the others round after each operation.
 * A NaN stays a NaN: selects compare so that an unordered argument passes through.
 */

import {
  expPair,
  expm1Pair,
  promoteHigh,
  demotePairs,
  log1pPair,
  promoteLow,
  sigmoidPair,
  tanhPair,
} from './elementary';

// The numbers of `activationIds` in src/kernels/kernels.ts.
const RELU: i32 = 1;
const LEAKY_RELU: i32 = 2;
const ELU: i32 = 3;
const GELU: i32 = 4;
const SILU: i32 = 5;
const SIGMOID: i32 = 6;
const TANH: i32 = 7;
const SOFTPLUS: i32 = 8;

const LEAK: f32 = 0.01;
const SQRT_2_OVER_PI: f64 = 0.7978845608028654;
const CUBIC: f64 = 0.044715;

/**
 * z += b in place, then output = sigma(z), for `rows` units of a panel (32 bytes a row). Where no more than four
 * samples are there, the other half of the panel is not activated. scratch: 4 bytes a row and 12 more.
 */
export function addBiasAndActivate(
  z: usize,
  output: usize,
  bias: usize,
  biasMode: i32,
  rows: i32,
  activation: i32,
  samples: i32,
  scratch: usize,
): void {
  const end = z + (<usize>rows << 5);
  if (biasMode != 0) {
    const step: usize = biasMode == 2 ? 4 : 0;
    for (let at = z; at < end; at += 32) {
      const b = v128.load32_splat(bias);
      v128.store(at, f32x4.add(v128.load(at), b));
      v128.store(at, f32x4.add(v128.load(at, 16), b), 16);
      bias += step;
    }
  }
  if (samples == 1 && activation >= ELU) activateOne(activation, z, output, rows, scratch);
  else activateVectors(activation, z, output, end, samples > 4 ? 16 : 32);
}

/** One sample's units side by side, for these activations take longer than moving them there and back. */
function activateOne(activation: i32, z: usize, output: usize, rows: i32, scratch: usize): void {
  const end = scratch + (<usize>rows << 2);
  for (let to = scratch; to < end; to += 4, z += 32) store<f32>(to, load<f32>(z));
  activateVectors(activation, scratch, scratch, end, 16);
  for (let from = scratch; from < end; from += 4, output += 32) store<f32>(output, load<f32>(from));
}

/** output = sigma(z) over `floats`, a multiple of 8; the buffers may be the same. */
export function activate(activation: i32, z: usize, output: usize, floats: i32): void {
  activateVectors(activation, z, output, z + (<usize>floats << 2), 16);
}

/** output = sigma(z) for vectors of four that begin `step` bytes apart, until `end`. */
function activateVectors(activation: i32, z: usize, output: usize, end: usize, step: usize): void {
  switch (activation) {
    case RELU:
      for (; z < end; z += step, output += step) v128.store(output, relu(v128.load(z)));
      break;
    case LEAKY_RELU:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, v128.bitselect(x, f32x4.mul(x, f32x4.splat(LEAK)), f32x4.gt(x, f32x4.splat(0))));
      }
      break;
    case ELU:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        const below = demotePairs(expm1Pair(promoteLow(x)), expm1Pair(promoteHigh(x)));
        v128.store(output, v128.bitselect(x, below, f32x4.gt(x, f32x4.splat(0))));
      }
      break;
    case GELU:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, demotePairs(gelu(promoteLow(x)), gelu(promoteHigh(x))));
      }
      break;
    case SILU:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, demotePairs(silu(promoteLow(x)), silu(promoteHigh(x))));
      }
      break;
    case SIGMOID:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, demotePairs(sigmoidPair(promoteLow(x)), sigmoidPair(promoteHigh(x))));
      }
      break;
    case TANH:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, demotePairs(tanhPair(promoteLow(x)), tanhPair(promoteHigh(x))));
      }
      break;
    case SOFTPLUS:
      for (; z < end; z += step, output += step) {
        const x = v128.load(z);
        v128.store(output, demotePairs(softplus(promoteLow(x)), softplus(promoteHigh(x))));
      }
      break;
    default:
      if (output != z) memory.copy(output, z, end - z);
  }
}

/**
 * d *= sigma'(z), in place: the derivative by the output becomes dz. `floats` is a multiple of 8.
 * z is read by elu, gelu, silu and softplus, the output by the others.
 */
export function activationBackward(activation: i32, z: usize, output: usize, d: usize, floats: i32): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const end = d + (<usize>floats << 2);
  switch (activation) {
    case RELU:
      for (; d < end; d += 16, output += 16) {
        v128.store(d, v128.bitselect(zero, v128.load(d), f32x4.le(v128.load(output), zero)));
      }
      break;
    case LEAKY_RELU:
      for (; d < end; d += 16, output += 16) {
        const x = v128.load(d);
        const positive = f32x4.gt(v128.load(output), zero);
        v128.store(d, v128.bitselect(x, f32x4.mul(x, f32x4.splat(LEAK)), positive));
      }
      break;
    case ELU:
      for (; d < end; d += 16, z += 16) {
        const x = v128.load(z);
        const below = demotePairs(expPair(promoteLow(x)), expPair(promoteHigh(x)));
        scale(d, v128.bitselect(one, below, f32x4.gt(x, zero)));
      }
      break;
    case GELU:
      for (; d < end; d += 16, z += 16) {
        const x = v128.load(z);
        scale(d, demotePairs(geluDerivative(promoteLow(x)), geluDerivative(promoteHigh(x))));
      }
      break;
    case SILU:
      for (; d < end; d += 16, z += 16) {
        const x = v128.load(z);
        scale(d, demotePairs(siluDerivative(promoteLow(x)), siluDerivative(promoteHigh(x))));
      }
      break;
    case SIGMOID:
      for (; d < end; d += 16, output += 16) {
        const h = v128.load(output);
        scale(d, f32x4.mul(h, f32x4.sub(one, h)));
      }
      break;
    case TANH:
      for (; d < end; d += 16, output += 16) {
        const h = v128.load(output);
        scale(d, f32x4.sub(one, f32x4.mul(h, h)));
      }
      break;
    case SOFTPLUS:
      for (; d < end; d += 16, z += 16) {
        const x = v128.load(z);
        scale(d, demotePairs(sigmoidPair(promoteLow(x)), sigmoidPair(promoteHigh(x))));
      }
      break;
    default:
  }
}

// @ts-ignore: decorator
@inline
function scale(d: usize, derivative: v128): void {
  v128.store(d, f32x4.mul(v128.load(d), derivative));
}

/** x <= 0 ? +0 : x */
// @ts-ignore: decorator
@inline
function relu(x: v128): v128 {
  return v128.bitselect(f32x4.splat(0), x, f32x4.le(x, f32x4.splat(0)));
}

/** max(x, 0) + log1p(exp(-|x|)) */
function softplus(x: v128): v128 {
  const zero = f64x2.splat(0);
  const positive = v128.bitselect(zero, x, f64x2.le(x, zero));
  return f64x2.add(positive, log1pPair(expPair(f64x2.neg(f64x2.abs(x)))));
}

/** x sigmoid(x) (Elfwing et al. 2018) */
function silu(x: v128): v128 {
  return f64x2.mul(x, sigmoidPair(x));
}

/** s + x s (1 - s) with s = sigmoid(x) */
function siluDerivative(x: v128): v128 {
  const s = sigmoidPair(x);
  return f64x2.add(s, f64x2.mul(f64x2.mul(x, s), f64x2.sub(f64x2.splat(1), s)));
}

/** tanh(sqrt(2 / pi) (x + 0.044715 x^3)), the inner part of gelu (Hendrycks & Gimpel 2016) */
function geluTanh(x: v128, square: v128): v128 {
  const cubic = f64x2.mul(f64x2.mul(f64x2.splat(CUBIC), square), x);
  return tanhPair(f64x2.mul(f64x2.splat(SQRT_2_OVER_PI), f64x2.add(x, cubic)));
}

/** 0.5 x (1 + t) */
function gelu(x: v128): v128 {
  const t = geluTanh(x, f64x2.mul(x, x));
  return f64x2.mul(f64x2.mul(f64x2.splat(0.5), x), f64x2.add(f64x2.splat(1), t));
}

/** 0.5 (1 + t) + 0.5 x (1 - t^2) sqrt(2 / pi) (1 + 3 * 0.044715 x^2) */
function geluDerivative(x: v128): v128 {
  const one = f64x2.splat(1);
  const half = f64x2.splat(0.5);
  const square = f64x2.mul(x, x);
  const t = geluTanh(x, square);
  const inner = f64x2.mul(
    f64x2.splat(SQRT_2_OVER_PI),
    f64x2.add(one, f64x2.mul(f64x2.splat(3 * CUBIC), square)),
  );
  const slope = f64x2.mul(f64x2.mul(f64x2.mul(half, x), f64x2.sub(one, f64x2.mul(t, t))), inner);
  return f64x2.add(f64x2.mul(half, f64x2.add(one, t)), slope);
}
