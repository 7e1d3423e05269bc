/** The gradient of the weights: dz x^T summed over the samples of each shard, and the shards along the tree. */

import { packSamples, packTiles, packWindowTiles } from './pack';
import { addVectors } from './reduce';
import { BLOCK, copyRows, ROWS, TILE_BYTES, tile } from './tile';
import { tilesAtOnce, wideTile } from './wide';
import { windowColumn } from './windows';

/** Tiles of eight columns of the weight gradient that are finished before the next strip is taken up. */
const TILE_BLOCK: i32 = 8;
/** Strips from which on it pays to pack the rows. */
const PACK_UNITS: i32 = 5 * ROWS;
/** Bytes of the stack on which tiles of shards, or pairs of them, wait for their siblings: 33 levels. */
const STACK_BYTES: i32 = 33 * 2 * TILE_BYTES;

/**
 * dWeights = sum over the shards, along the tree, of sum over a shard's samples in order of dz x^T.
 * dz panels [units]; rows [count][ld] with ld a multiple of 8 and zeros behind `inputs`;
 * dWeights [units][inputs]. windows: a list of the windows of rows (windows.ts), or 0; it is used if dz is finite.
 * A tile meets all shards of the node while it is in registers and the first-level cache, so a node costs one write of
 * the gradient however many shards it has.
 * scratch: 34 * 320 bytes + ceil(units / 5) * count * 20 + count * 256.
 */
export function denseWeightGradient(
  dz: usize,
  rows: usize,
  ld: i32,
  windows: usize,
  dWeights: usize,
  count: i32,
  shardSize: i32,
  inputs: i32,
  units: i32,
  scratch: usize,
): void {
  const spare = scratch + STACK_BYTES;
  const packed = spare + TILE_BYTES * 2;
  const stripBytes = <usize>(count * ROWS * 4);
  const tiles = packStrips(dz, units, count, packed);
  if (windows != 0) {
    if (areFinite(packed, tiles)) clearOutside(windows, dWeights, inputs, units);
    else windows = 0;
  }
  const packs = units >= PACK_UNITS;
  const rowBytes = <usize>ld << 2;
  const strideB: usize = packs ? 32 : rowBytes;
  const tileBytes = <usize>count << 5;
  const outputBytes = <usize>inputs << 2;
  const wide = tilesAtOnce() > 1;
  const end = windows == 0 ? (inputs + 7) >> 3 : load<i32>(windows);
  const lastColumns = inputs - tileColumn(windows, end - 1);
  const wholeEnd = lastColumns < 8 ? end - 1 : end;
  for (let block = 0; block < end; block += TILE_BLOCK) {
    const blockEnd = min(block + TILE_BLOCK, end);
    if (packs) {
      if (windows == 0) packTiles(rows + (<usize>block << 5), rowBytes, count, blockEnd - block, tiles);
      else packWindowTiles(rows, rowBytes, windows + 4 + (<usize>block << 2), count, blockEnd - block, tiles);
    }
    let strip = packed;
    for (let unit = 0; unit < units; unit += ROWS) {
      const unitRows = min(ROWS, units - unit);
      // Tiles before this one are written where they belong, the others by way of `spare`.
      const directEnd = unitRows == ROWS ? wholeEnd : 0;
      let c = dWeights + <usize>unit * outputBytes + (<usize>tileColumn(windows, block) << 2);
      let b = packs ? tiles : rows + (<usize>tileColumn(windows, block) << 2);
      for (let at = block; at < blockEnd; ) {
        let apart: usize = 0;
        const two = wide && at + 1 < blockEnd;
        if (two) {
          apart = columnsApart(windows, at);
          at++;
        }
        const nextB = packs ? tileBytes : apart;
        if (at < directEnd) {
          nodeTile(strip, b, nextB, strideB, count, shardSize, c, apart, outputBytes, two, scratch);
        } else {
          nodeTile(strip, b, nextB, strideB, count, shardSize, spare, TILE_BYTES, 32, two, scratch);
          if (two) copyRows(spare, 32, c, outputBytes, unitRows, 8);
          const columns = at < wholeEnd ? 8 : lastColumns;
          copyRows(two ? spare + TILE_BYTES : spare, 32, c + apart, outputBytes, unitRows, columns);
        }
        const step = apart + columnsApart(windows, at);
        c += step;
        b += packs ? (two ? tileBytes * 2 : tileBytes) : step;
        at++;
      }
      strip += stripBytes;
    }
  }
}

/** All units of all samples as strips [count][5], one after the other; answers where they end. */
function packStrips(dz: usize, units: i32, count: i32, strip: usize): usize {
  for (let unit = 0; unit < units; unit += ROWS) {
    packSamples(dz, units, unit, min(ROWS, units - unit), count, strip);
    strip += <usize>(count * ROWS * 4);
  }
  return strip;
}

/** The first column of a tile. */
// @ts-ignore: decorator
@inline
function tileColumn(windows: usize, at: i32): i32 {
  return windows == 0 ? at << 3 : windowColumn(windows, at);
}

/** Bytes of a row from the first column of a tile to that of the next one; of no meaning for the last one. */
// @ts-ignore: decorator
@inline
function columnsApart(windows: usize, at: i32): usize {
  return windows == 0 ? 32 : <usize>(windowColumn(windows, at + 1) - windowColumn(windows, at)) << 2;
}

/** Whether all floats of [from, end) are finite; their number is a multiple of 5. */
function areFinite(from: usize, end: usize): bool {
  let sum = f32x4.splat(0);
  let rest: f32 = 0;
  for (; from + 16 <= end; from += 16) {
    const x = v128.load(from);
    sum = f32x4.add(sum, f32x4.sub(x, x));
  }
  for (; from < end; from += 4) rest += load<f32>(from) - load<f32>(from);
  return i32x4.all_true(f32x4.eq(sum, f32x4.splat(0))) && rest == 0;
}

/** Zeros in the columns [units][inputs] that no window covers. */
function clearOutside(windows: usize, dWeights: usize, inputs: i32, units: i32): void {
  const n = load<i32>(windows);
  let from = 0;
  for (let i = 0; i <= n; i++) {
    const to = i < n ? windowColumn(windows, i) : inputs;
    if (to > from) clearColumns(dWeights + (<usize>from << 2), <usize>inputs << 2, to - from, units);
    from = to + 8;
  }
}

/** Zeros in `columns` neighbouring columns; a call of memory.fill would cost more. */
function clearColumns(target: usize, stride: usize, columns: i32, rows: i32): void {
  const zero = i32x4.splat(0);
  for (; rows > 0; rows--, target += stride) {
    let at = target;
    const end = target + (<usize>columns << 2);
    for (; at + 16 <= end; at += 16) v128.store(at, zero);
    for (; at < end; at += 4) store<f32>(at, 0);
  }
}

/**
 * The tile of a node, or two side by side: its shards added along the tree, on a stack that works like a binary
 * counter. A node of one shard needs no stack.
 */
function nodeTile(
  a: usize,
  b: usize,
  nextB: usize,
  strideB: usize,
  count: i32,
  shardSize: i32,
  c: usize,
  nextC: usize,
  strideC: usize,
  two: bool,
  stack: usize,
): void {
  const bytes: usize = two ? TILE_BYTES * 2 : TILE_BYTES;
  const vectors = two ? 20 : 10;
  let top = stack;
  for (let sample = 0, shard = 1; sample + shardSize < count; sample += shardSize, shard++) {
    shardTile(a, b, nextB, strideB, shardSize, top, TILE_BYTES, 32, two);
    for (let siblings = shard; (siblings & 1) == 0; siblings >>= 1) {
      addVectors(top - bytes, top, vectors);
      top -= bytes;
    }
    top += bytes;
    a += <usize>(shardSize * ROWS * 4);
    b += <usize>shardSize * strideB;
  }
  const k = count - ((count - 1) / shardSize) * shardSize;
  if (top == stack) {
    shardTile(a, b, nextB, strideB, k, c, nextC, strideC, two);
    return;
  }
  shardTile(a, b, nextB, strideB, k, top, TILE_BYTES, 32, two);
  for (; top > stack + bytes; top -= bytes) addVectors(top - bytes, top, vectors);
  sumTiles(stack, top, c, strideC);
  if (two) sumTiles(stack + TILE_BYTES, top + TILE_BYTES, c + nextC, strideC);
}

/** The tile of one shard, its samples in order. */
function shardTile(
  a: usize,
  b: usize,
  nextB: usize,
  strideB: usize,
  count: i32,
  c: usize,
  nextC: usize,
  strideC: usize,
  two: bool,
): void {
  for (let sample = 0; sample < count; sample += BLOCK) {
    const k = min(BLOCK, count - sample);
    if (two) wideTile(a, b, nextB, strideB, k, c, nextC, strideC, sample == 0);
    else tile(a, b, strideB, k, c, strideC, sample == 0);
    a += <usize>(k * ROWS * 4);
    b += <usize>k * strideB;
  }
}

/** C = left + right for two tiles that lie by themselves. */
function sumTiles(left: usize, right: usize, c: usize, strideC: usize): void {
  for (const end = left + TILE_BYTES; left < end; left += 32, right += 32, c += strideC) {
    v128.store(c, f32x4.add(v128.load(left), v128.load(right)));
    v128.store(c, f32x4.add(v128.load(left, 16), v128.load(right, 16)), 16);
  }
}
