/**
 * What clips a mean gradient (Pascanu et al. 2013): each element to a limit, or all of them by one factor, for which
 * the squares of the norm are summed. float32 goes in; sums of squares are float64, in which a square is exact.
 */

/** x > limit ? limit : x < -limit ? -limit : x over `length` floats in place. A NaN compares as false and stays. */
export function clamp(target: usize, length: i32, limit: f32): void {
  const upper = f32x4.splat(limit);
  const lower = f32x4.splat(-limit);
  const wholeEnd = target + <usize>((length >> 2) << 4);
  const end = target + (<usize>length << 2);
  for (; target < wholeEnd; target += 16) {
    const x = v128.load(target);
    const above = v128.bitselect(lower, x, f32x4.lt(x, lower));
    v128.store(target, v128.bitselect(upper, above, f32x4.gt(x, upper)));
  }
  for (; target < end; target += 4) {
    const x = load<f32>(target);
    if (x > limit) store<f32>(target, limit);
    else if (x < -limit) store<f32>(target, -limit);
  }
}

/** target *= factor over `length` floats. */
export function scale(target: usize, length: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const wholeEnd = target + <usize>((length >> 2) << 4);
  const end = target + (<usize>length << 2);
  for (; target < wholeEnd; target += 16) v128.store(target, f32x4.mul(v128.load(target), factors));
  for (; target < end; target += 4) store<f32>(target, load<f32>(target) * factor);
}

// SQUARE_SUM_FLOATS in src/kernels/kernels.ts.
const BLOCK: i32 = 512;

/**
 * One float64 for each block of 512 floats, the last of which may be shorter: eight columns (float i of a block belongs
 * to column i & 7), each summed in index order from +0, then added along the tree. The source is read in whole
 * eights, up to 28 bytes behind `length`.
 */
export function squareSums(source: usize, length: i32, target: usize): void {
  for (; length > 0; length -= BLOCK) {
    store<f64>(target, squareSum(source, min(length, BLOCK)));
    source += <usize>BLOCK << 2;
    target += 8;
  }
}

function squareSum(source: usize, length: i32): f64 {
  let sums01 = f64x2.splat(0);
  let sums23 = f64x2.splat(0);
  let sums45 = f64x2.splat(0);
  let sums67 = f64x2.splat(0);
  for (; length > 0; length -= 8) {
    let left = v128.load(source);
    let right = v128.load(source, 16);
    if (length < 8) {
      // What lies behind the end becomes +0, which changes no sum, for none is -0.
      const rest = i32x4.splat(length);
      left = v128.and(left, i32x4.lt_s(i32x4(0, 1, 2, 3), rest));
      right = v128.and(right, i32x4.lt_s(i32x4(4, 5, 6, 7), rest));
    }
    sums01 = addSquare(sums01, f64x2.promote_low_f32x4(left));
    sums23 = addSquare(sums23, f64x2.promote_low_f32x4(i64x2.shuffle(left, left, 1, 0)));
    sums45 = addSquare(sums45, f64x2.promote_low_f32x4(right));
    sums67 = addSquare(sums67, f64x2.promote_low_f32x4(i64x2.shuffle(right, right, 1, 0)));
    source += 32;
  }
  return lanesOf(sums01) + lanesOf(sums23) + (lanesOf(sums45) + lanesOf(sums67));
}

// @ts-ignore: decorator
@inline
function addSquare(sum: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, x));
}

// @ts-ignore: decorator
@inline
function lanesOf(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
