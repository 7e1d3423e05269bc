/**
 * The register tile of all matrix products: five rows by eight columns, summed in index order in accumulators that
 * start at +0. Blocking over the summed index stores and reloads an accumulator, which changes no bit. The tile of
 * wide.ts is two of these side by side.
 */

/** Rows of the tile: 10 accumulators, 2 vectors of B and one of A fit 16 registers. */
export const ROWS: i32 = 5;
/** Bytes of a tile that is stored by itself: five rows of eight float32. */
export const TILE_BYTES: i32 = 160;
/** Summed indices per block, so that a strip of A and a panel of B stay in the first-level cache. */
export const BLOCK: i32 = 256;

/**
 * C[5][8] = (first ? 0 : C) + sum over k of A[k][5] B[k][8], with one rounding per multiplication and
 * one per addition. `strideB` and `strideC` are bytes between rows. Nothing but the stores may follow the loop: an
 * operation on the sums there makes V8 keep them in memory.
 */
export function tile(
  a: usize,
  b: usize,
  strideB: usize,
  k: i32,
  c: usize,
  strideC: usize,
  first: bool,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  if (!first) {
    let row = c;
    c00 = v128.load(row);
    c01 = v128.load(row, 16);
    row += strideC;
    c10 = v128.load(row);
    c11 = v128.load(row, 16);
    row += strideC;
    c20 = v128.load(row);
    c21 = v128.load(row, 16);
    row += strideC;
    c30 = v128.load(row);
    c31 = v128.load(row, 16);
    row += strideC;
    c40 = v128.load(row);
    c41 = v128.load(row, 16);
  }
  const end = a + <usize>(k * ROWS * 4);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    const a4 = v128.load32_splat(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(a4, b0));
    c41 = f32x4.add(c41, f32x4.mul(a4, b1));
    a += 20;
    b += strideB;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += strideC;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += strideC;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += strideC;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += strideC;
  v128.store(c, c40);
  v128.store(c, c41, 16);
}

/** Copies `rows` rows of `columns` <= 8 floats; a call of memory.copy would cost more than the tile. */
export function copyRows(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    if (columns == 8) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
    } else {
      for (let at: usize = 0, end = <usize>columns << 2; at < end; at += 4) {
        store<f32>(target + at, load<f32>(source + at));
      }
    }
    source += sourceStride;
    target += targetStride;
  }
}
