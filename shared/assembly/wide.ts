/**
 * The tile of engines that join neighbouring 128-bit operations into 256-bit ones: two tiles side by side, five rows
 * by twice eight columns. Each value takes the very operations that it takes in tile.ts, so the bits are the same. On
 * an engine that does not join them its twenty accumulators do not fit the registers, so it has to be switched on.
 */

import { ROWS } from './tile';

let isWide: bool = false;

/** Switches the wide tile on (1) or off (0) in this instance of the module; the results are the same. */
export function setWide(on: i32): void {
  isWide = on != 0;
}

/** Panels, or groups of eight columns, that a tile takes at once where there are enough. */
export function tilesAtOnce(): i32 {
  return isWide ? 2 : 1;
}

/**
 * `tile` for two: the columns of B and of C lie in two halves of eight, the second ones `nextB` and `nextC` bytes
 * behind the first.
 */
export function wideTile(
  a: usize,
  b: usize,
  nextB: usize,
  strideB: usize,
  k: i32,
  c: usize,
  nextC: usize,
  strideC: usize,
  first: bool,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  let c23 = c00;
  let c30 = c00;
  let c31 = c00;
  let c32 = c00;
  let c33 = c00;
  let c40 = c00;
  let c41 = c00;
  let c42 = c00;
  let c43 = c00;
  if (!first) {
    let row = c;
    let next = c + nextC;
    c00 = v128.load(row);
    c01 = v128.load(row, 16);
    c02 = v128.load(next);
    c03 = v128.load(next, 16);
    row += strideC;
    next += strideC;
    c10 = v128.load(row);
    c11 = v128.load(row, 16);
    c12 = v128.load(next);
    c13 = v128.load(next, 16);
    row += strideC;
    next += strideC;
    c20 = v128.load(row);
    c21 = v128.load(row, 16);
    c22 = v128.load(next);
    c23 = v128.load(next, 16);
    row += strideC;
    next += strideC;
    c30 = v128.load(row);
    c31 = v128.load(row, 16);
    c32 = v128.load(next);
    c33 = v128.load(next, 16);
    row += strideC;
    next += strideC;
    c40 = v128.load(row);
    c41 = v128.load(row, 16);
    c42 = v128.load(next);
    c43 = v128.load(next, 16);
  }
  const end = a + <usize>(k * ROWS * 4);
  let d = b + nextB;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(d);
    const b3 = v128.load(d, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    c02 = f32x4.add(c02, f32x4.mul(a0, b2));
    c03 = f32x4.add(c03, f32x4.mul(a0, b3));
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    c12 = f32x4.add(c12, f32x4.mul(a1, b2));
    c13 = f32x4.add(c13, f32x4.mul(a1, b3));
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    c22 = f32x4.add(c22, f32x4.mul(a2, b2));
    c23 = f32x4.add(c23, f32x4.mul(a2, b3));
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    c32 = f32x4.add(c32, f32x4.mul(a3, b2));
    c33 = f32x4.add(c33, f32x4.mul(a3, b3));
    const a4 = v128.load32_splat(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(a4, b0));
    c41 = f32x4.add(c41, f32x4.mul(a4, b1));
    c42 = f32x4.add(c42, f32x4.mul(a4, b2));
    c43 = f32x4.add(c43, f32x4.mul(a4, b3));
    a += 20;
    b += strideB;
    d += strideB;
  }
  let e = c + nextC;
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(e, c02);
  v128.store(e, c03, 16);
  c += strideC;
  e += strideC;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  v128.store(e, c12);
  v128.store(e, c13, 16);
  c += strideC;
  e += strideC;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  v128.store(e, c22);
  v128.store(e, c23, 16);
  c += strideC;
  e += strideC;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  v128.store(e, c32);
  v128.store(e, c33, 16);
  c += strideC;
  e += strideC;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  v128.store(e, c42);
  v128.store(e, c43, 16);
}
