/** Packs the side with five rows of a matrix product as [k][5], the order in which the tile reads it. */

import { ROWS } from './tile';
import { WINDOW } from './windows';

/** Transposes four columns of five rows, which begin at r0 to r4. */
// @ts-ignore: decorator
@inline
function packFour(r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, packed: usize): void {
  const x0 = v128.load(r0);
  const x1 = v128.load(r1);
  const x2 = v128.load(r2);
  const x3 = v128.load(r3);
  const x4 = v128.load(r4);
  const t0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(packed, v128.shuffle<i64>(t0, t1, 0, 2));
  v128.store32_lane(packed, x4, 0, 16);
  v128.store(packed, v128.shuffle<i64>(t0, t1, 1, 3), 20);
  v128.store32_lane(packed, x4, 1, 36);
  v128.store(packed, v128.shuffle<i64>(t2, t3, 0, 2), 40);
  v128.store32_lane(packed, x4, 2, 56);
  v128.store(packed, v128.shuffle<i64>(t2, t3, 1, 3), 60);
  v128.store32_lane(packed, x4, 3, 76);
}

/** Packs five rows, `stride` bytes apart, of `k` consecutive values as [k][5]. */
export function packRows(source: usize, stride: usize, k: i32, packed: usize): void {
  let r0 = source;
  let r1 = r0 + stride;
  let r2 = r1 + stride;
  let r3 = r2 + stride;
  let r4 = r3 + stride;
  const blocksEnd = r0 + <usize>((k >> 2) << 4);
  while (r0 < blocksEnd) {
    packFour(r0, r1, r2, r3, r4, packed);
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
    r4 += 16;
    packed += 80;
  }
  const end = source + <usize>(k << 2);
  while (r0 < end) {
    store<f32>(packed, load<f32>(r0));
    store<f32>(packed, load<f32>(r1), 4);
    store<f32>(packed, load<f32>(r2), 8);
    store<f32>(packed, load<f32>(r3), 12);
    store<f32>(packed, load<f32>(r4), 16);
    r0 += 4;
    r1 += 4;
    r2 += 4;
    r3 += 4;
    r4 += 4;
    packed += 20;
  }
}

/** Packs five rows as {@link packRows} does, but the `k` columns of the windows that begin at `columns`. */
export function packWindows(source: usize, stride: usize, columns: usize, k: i32, packed: usize): void {
  const stride2 = stride << 1;
  const stride3 = stride + stride2;
  const stride4 = stride << 2;
  for (const end = columns + (<usize>(k / WINDOW) << 2); columns < end; columns += 4, packed += 160) {
    let row = source + (<usize>load<u32>(columns) << 2);
    packFour(row, row + stride, row + stride2, row + stride3, row + stride4, packed);
    row += 16;
    packFour(row, row + stride, row + stride2, row + stride3, row + stride4, packed + 80);
  }
  if (k % WINDOW != 0) packRows(source + (<usize>load<u32>(columns) << 2), stride, k % WINDOW, packed);
}

/** Packs `rows` < 5 rows as {@link packRows} does, with zeros for the missing ones. */
export function packRaggedRows(source: usize, stride: usize, k: i32, rows: i32, packed: usize): void {
  memory.fill(packed, 0, <usize>(k * ROWS * 4));
  for (let row = 0; row < rows; row++) {
    let from = source + <usize>row * stride;
    let to = packed + <usize>(row << 2);
    for (let i = 0; i < k; i++) {
      store<f32>(to, load<f32>(from));
      from += 4;
      to += 20;
    }
  }
}

/** Packs `rows` < 5 rows as {@link packWindows} does, with zeros for the missing ones. */
export function packRaggedWindows(
  source: usize,
  stride: usize,
  columns: usize,
  k: i32,
  rows: i32,
  packed: usize,
): void {
  for (let i = 0; i < k; i += WINDOW, columns += 4, packed += 160) {
    packRaggedRows(source + (<usize>load<u32>(columns) << 2), stride, min(WINDOW, k - i), rows, packed);
  }
}

/**
 * Packs neighbouring columns of `k` rows, `stride` bytes apart, as strips [k][5]; missing columns of the last strip
 * are zero. Each row is read from end to end, so that a line of the cache comes in once.
 */
export function packColumns(source: usize, stride: usize, k: i32, columns: i32, packed: usize): void {
  const stripBytes = <usize>(k * ROWS * 4);
  const whole = columns / ROWS;
  const rest = columns - whole * ROWS;
  if (rest > 0) memory.fill(packed + <usize>whole * stripBytes, 0, stripBytes);
  for (let i = 0; i < k; i++) {
    let from = source;
    let to = packed;
    for (const end = from + <usize>(whole * ROWS * 4); from < end; from += 20, to += stripBytes) {
      v128.store(to, v128.load(from));
      store<f32>(to, load<f32>(from, 16), 16);
    }
    for (const end = from + (<usize>rest << 2); from < end; from += 4, to += 4) store<f32>(to, load<f32>(from));
    source += stride;
    packed += 20;
  }
}

/** Packs `groups` groups of eight columns of `count` rows, side by side, as tiles [count][8], one after the other. */
export function packTiles(source: usize, stride: usize, count: i32, groups: i32, packed: usize): void {
  const tileBytes = <usize>count << 5;
  for (let i = 0; i < count; i++) {
    let to = packed;
    for (let from = source, end = source + (<usize>groups << 5); from < end; from += 32, to += tileBytes) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
    source += stride;
    packed += 32;
  }
}

/** Packs as {@link packTiles} does, but the windows that begin at `columns`. */
export function packWindowTiles(
  source: usize,
  stride: usize,
  columns: usize,
  count: i32,
  groups: i32,
  packed: usize,
): void {
  const tileBytes = <usize>count << 5;
  for (let i = 0; i < count; i++) {
    let to = packed;
    for (let at = columns, end = columns + (<usize>groups << 2); at < end; at += 4, to += tileBytes) {
      const from = source + (<usize>load<u32>(at) << 2);
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
    source += stride;
    packed += 32;
  }
}

/** Packs five features (rows of a panel) of `count` samples as [sample][5]; missing features are zero. */
export function packSamples(panels: usize, features: i32, feature: i32, rows: i32, count: i32, packed: usize): void {
  const panelBytes = <usize>features << 5;
  let source = panels + (<usize>feature << 5);
  for (let sample = 0; sample < count; sample += 8) {
    const k = min(8, count - sample);
    if (rows == ROWS) packRows(source, 32, k, packed);
    else packRaggedRows(source, 32, k, rows, packed);
    source += panelBytes;
    packed += <usize>(k * ROWS * 4);
  }
}
