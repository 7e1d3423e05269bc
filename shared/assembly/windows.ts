/**
 * Which columns of a batch the sums of a layer have to visit. Where a column holds nothing but zeros each of its terms
 * is a product with zero, which for a finite other factor is +0 or -0. A sum that starts at +0 is never -0 (a + b is -0
 * only where both are), so such a term changes no bit of it and may be left out.
 *
 * A list of windows is u32 { n, first columns [n] }: eight neighbouring columns each, from left to right and without
 * overlap, that cover every column with another value in it. The last window may reach beyond the columns and ends with
 * them. There is one window at least, so that every sum is written.
 */

/** Columns of a window: those of a tile of the weight gradient. */
export const WINDOW: i32 = 8;
/** Noise has no column of zeros in so many rows: a look at them is all that it costs. */
const FIRST_ROWS: i32 = 4;

/**
 * Lists the windows of rows [count][ld], ld a multiple of 8; zeros of both signs count as zero. Answers 1 where they
 * cover less than about 15 in 16 columns, and 0 where visiting them would save nothing; then the list is not defined.
 * windows: 4 + ld * 4 bytes.
 */
export function findWindows(rows: usize, ld: i32, count: i32, inputs: i32, windows: usize): i32 {
  const rowBytes = <usize>ld << 2;
  // Window i begins at column i or behind it, so the list is written over bits that have been read.
  const bits = windows + 4;
  const columnsMax = inputs - (inputs >> 4);
  const first = min(FIRST_ROWS, count);
  memory.fill(bits, 0, rowBytes);
  joinRows(rows, rowBytes, first, bits);
  // The windows cover at least the columns that are not zero here, and more rows only bring more of them.
  if (ld - zeroColumns(bits, ld) >= columnsMax) return 0;
  joinRows(rows + rowBytes * <usize>first, rowBytes, count - first, bits);
  const n = cover(bits, inputs, windows);
  return i32(n * WINDOW < columnsMax);
}

/** bits[i] = bits[i] or all of column i. Rows are taken four at once; taking the last one again changes nothing. */
function joinRows(rows: usize, rowBytes: usize, count: i32, bits: usize): void {
  const last = rows + <usize>(count - 1) * rowBytes;
  for (const end = rows + <usize>count * rowBytes; rows < end; rows += rowBytes << 2) {
    let r0 = rows;
    let r1 = min(r0 + rowBytes, last);
    let r2 = min(r1 + rowBytes, last);
    let r3 = min(r2 + rowBytes, last);
    let to = bits;
    for (const end = to + rowBytes; to < end; to += 16) {
      const upper = v128.or(v128.load(r0), v128.load(r1));
      const lower = v128.or(v128.load(r2), v128.load(r3));
      v128.store(to, v128.or(v128.load(to), v128.or(upper, lower)));
      r0 += 16;
      r1 += 16;
      r2 += 16;
      r3 += 16;
    }
  }
}

/** How many of `length` values, a multiple of 4, have no bit but the sign. */
function zeroColumns(bits: usize, length: i32): i32 {
  const zero = i32x4.splat(0);
  let zeros = 0;
  for (const end = bits + (<usize>length << 2); bits < end; bits += 16) {
    zeros += popcnt(i32x4.bitmask(i32x4.eq(i32x4.shl(v128.load(bits), 1), zero)));
  }
  return zeros;
}

/** Writes the list and answers how many windows it has. */
function cover(bits: usize, inputs: i32, windows: usize): i32 {
  let n = 0;
  for (let column = 0; column < inputs; ) {
    if (load<u32>(bits + (<usize>column << 2)) << 1 == 0) {
      column++;
      continue;
    }
    n++;
    store<i32>(windows + (<usize>n << 2), column);
    column += WINDOW;
  }
  if (n == 0) {
    n = 1;
    store<i32>(windows, 0, 4);
  }
  store<i32>(windows, n);
  return n;
}

/** The first column of window number `i`. */
// @ts-ignore: decorator
@inline
export function windowColumn(windows: usize, i: i32): i32 {
  return load<i32>(windows + (<usize>i << 2), 4);
}

/** Columns of all windows of a list together. */
export function windowColumns(windows: usize, inputs: i32): i32 {
  const n = load<i32>(windows);
  return (n - 1) * WINDOW + min(WINDOW, inputs - windowColumn(windows, n - 1));
}
