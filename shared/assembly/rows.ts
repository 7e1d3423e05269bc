/** The two shapes of a batch: rows (one sample after the other) and panels of eight samples (see dense.ts). */

import { WINDOW, windowColumn } from './windows';

/**
 * rows[s][i] = bytes[s][i] / divisor for `count` samples of `width` bytes; rows have `ld` floats (a multiple
 * of 8), zeros behind `width`.
 */
export function bytesToRows(bytes: usize, rows: usize, count: i32, width: i32, ld: i32, divisor: f32): void {
  const divisors = f32x4.splat(divisor);
  const wide = width & ~7;
  for (let sample = 0; sample < count; sample++) {
    let to = rows;
    for (let i = 0; i < wide; i += 8) {
      const words = i16x8.extend_low_i8x16_u(v128.load64_zero(bytes));
      v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(words)), divisors));
      v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(words)), divisors), 16);
      bytes += 8;
      to += 32;
    }
    for (let i = wide; i < width; i++) {
      store<f32>(to, <f32>load<u8>(bytes) / divisor);
      bytes++;
      to += 4;
    }
    rows += <usize>ld << 2;
    memory.fill(to, 0, rows - to);
  }
}

/** panels = rows, for `count` samples of `width` features; missing samples of the last panel are zero. */
export function rowsToPanels(rows: usize, panels: usize, count: i32, width: i32, ld: i32): void {
  const rowBytes = <usize>ld << 2;
  const panelBytes = <usize>width << 5;
  for (let sample = 0; sample < count; sample += 8) {
    const valid = min(8, count - sample);
    if (valid < 8) memory.fill(panels, 0, panelBytes);
    fillHalf(rows, rowBytes, panels, width, min(4, valid));
    if (valid > 4) fillHalf(rows + (rowBytes << 2), rowBytes, panels + 16, width, valid - 4);
    rows += rowBytes << 3;
    panels += panelBytes;
  }
}

/** panels = the windows of rows (windows.ts), `features` columns in all; else as {@link rowsToPanels}. */
export function windowsToPanels(
  rows: usize,
  windows: usize,
  panels: usize,
  count: i32,
  features: i32,
  ld: i32,
): void {
  const rowBytes = <usize>ld << 2;
  const panelBytes = <usize>features << 5;
  for (let sample = 0; sample < count; sample += 8) {
    const valid = min(8, count - sample);
    if (valid < 8) memory.fill(panels, 0, panelBytes);
    for (let feature = 0; feature < features; feature += WINDOW) {
      const width = min(WINDOW, features - feature);
      const source = rows + (<usize>windowColumn(windows, feature / WINDOW) << 2);
      const target = panels + (<usize>feature << 5);
      fillHalf(source, rowBytes, target, width, min(4, valid));
      if (valid > 4) fillHalf(source + (rowBytes << 2), rowBytes, target + 16, width, valid - 4);
    }
    rows += rowBytes << 3;
    panels += panelBytes;
  }
}

/** Transposes up to four rows into one half of a panel. */
function fillHalf(rows: usize, rowBytes: usize, half: usize, width: i32, valid: i32): void {
  let i = 0;
  if (valid == 4) {
    for (; i + 4 <= width; i += 4) {
      const x0 = v128.load(rows);
      const x1 = v128.load(rows + rowBytes);
      const x2 = v128.load(rows + rowBytes * 2);
      const x3 = v128.load(rows + rowBytes * 3);
      const t0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
      const t1 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
      const t3 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
      v128.store(half, v128.shuffle<i64>(t0, t1, 0, 2));
      v128.store(half, v128.shuffle<i64>(t0, t1, 1, 3), 32);
      v128.store(half, v128.shuffle<i64>(t2, t3, 0, 2), 64);
      v128.store(half, v128.shuffle<i64>(t2, t3, 1, 3), 96);
      rows += 16;
      half += 128;
    }
  }
  for (; i < width; i++) {
    for (let lane = 0; lane < valid; lane++) {
      store<f32>(half + <usize>(lane << 2), load<f32>(rows + <usize>lane * rowBytes));
    }
    rows += 4;
    half += 32;
  }
}

/** rows = panels, for `count` samples of `width` features; rows have `ld` floats, zeros behind `width`. */
export function panelsToRows(panels: usize, rows: usize, count: i32, width: i32, ld: i32): void {
  const rowBytes = <usize>ld << 2;
  const panelBytes = <usize>width << 5;
  for (let sample = 0; sample < count; sample++) {
    let from = panels + <usize>(sample >> 3) * panelBytes + <usize>((sample & 7) << 2);
    let to = rows;
    if ((sample & 3) == 0 && sample + 4 <= count) {
      emptyHalf(from, rows, rowBytes, width);
      for (let row = 0; row < 4; row++) {
        memory.fill(rows + (<usize>width << 2), 0, <usize>(ld - width) << 2);
        rows += rowBytes;
      }
      sample += 3;
      continue;
    }
    for (let i = 0; i < width; i++) {
      store<f32>(to, load<f32>(from));
      from += 32;
      to += 4;
    }
    rows += rowBytes;
    memory.fill(to, 0, rows - to);
  }
}

/** Transposes one half of a panel into four rows. */
function emptyHalf(half: usize, rows: usize, rowBytes: usize, width: i32): void {
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    const x0 = v128.load(half);
    const x1 = v128.load(half, 32);
    const x2 = v128.load(half, 64);
    const x3 = v128.load(half, 96);
    const t0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
    const t1 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const t2 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
    const t3 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(rows, v128.shuffle<i64>(t0, t1, 0, 2));
    v128.store(rows + rowBytes, v128.shuffle<i64>(t0, t1, 1, 3));
    v128.store(rows + rowBytes * 2, v128.shuffle<i64>(t2, t3, 0, 2));
    v128.store(rows + rowBytes * 3, v128.shuffle<i64>(t2, t3, 1, 3));
    half += 128;
    rows += 16;
  }
  for (; i < width; i++) {
    for (let lane = 0; lane < 4; lane++) {
      store<f32>(rows + <usize>lane * rowBytes, load<f32>(half + <usize>(lane << 2)));
    }
    half += 32;
    rows += 4;
  }
}
