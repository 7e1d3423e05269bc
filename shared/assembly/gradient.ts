/** The gradient of the weights: dz x^T summed over the samples of each shard, and the shards along the tree. */

import { packSamples, packTiles } from './pack';
import { addVectors } from './reduce';
import { BLOCK, copyRows, ROWS, TILE_BYTES, tile } from './tile';
import { tilesAtOnce, wideTile } from './wide';

/** Columns of the weight gradient that are finished before the next strip is taken up. */
const COLUMN_BLOCK: i32 = 64;
/** Strips from which on it pays to pack the rows. */
const PACK_UNITS: i32 = 5 * ROWS;
/** Bytes of the stack on which tiles of shards, or pairs of them, wait for their siblings: 33 levels. */
const STACK_BYTES: i32 = 33 * 2 * TILE_BYTES;

/**
 * dWeights = sum over the shards, along the tree, of sum over a shard's samples in order of dz x^T.
 * dz panels [units]; rows [count][ld] with ld a multiple of 8 and zeros behind `inputs`;
 * dWeights [units][inputs]. A tile meets all shards of the node while it is in registers and the first-level cache,
 * so a node costs one write of the gradient however many shards it has.
 * scratch: 34 * 320 bytes + ceil(units / 5) * count * 20 + count * 256.
 */
export function denseWeightGradient(
  dz: usize,
  rows: usize,
  ld: i32,
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
  let strip = packed;
  for (let unit = 0; unit < units; unit += ROWS) {
    packSamples(dz, units, unit, min(ROWS, units - unit), count, strip);
    strip += stripBytes;
  }
  const packs = units >= PACK_UNITS;
  const tiles = strip;
  const rowBytes = <usize>ld << 2;
  const strideB: usize = packs ? 32 : rowBytes;
  const nextB: usize = packs ? <usize>count << 5 : 32;
  const outputBytes = <usize>inputs << 2;
  for (let block = 0; block < inputs; block += COLUMN_BLOCK) {
    const blockEnd = min(block + COLUMN_BLOCK, inputs);
    const source = rows + (<usize>block << 2);
    if (packs) packTiles(source, rowBytes, count, (blockEnd - block + 7) >> 3, tiles);
    strip = packed;
    for (let unit = 0; unit < units; unit += ROWS) {
      const unitRows = min(ROWS, units - unit);
      let b = packs ? tiles : source;
      let c = dWeights + <usize>unit * outputBytes + (<usize>block << 2);
      for (let column = block; column < blockEnd; ) {
        const columns = min(tilesAtOnce() << 3, blockEnd - column);
        if (unitRows == ROWS && (columns & 7) == 0) {
          nodeTile(strip, b, nextB, strideB, count, shardSize, c, 32, outputBytes, columns > 8, scratch);
        } else {
          nodeTile(strip, b, nextB, strideB, count, shardSize, spare, TILE_BYTES, 32, columns > 8, scratch);
          copyRows(spare, 32, c, outputBytes, unitRows, min(8, columns));
          if (columns > 8) copyRows(spare + TILE_BYTES, 32, c + 32, outputBytes, unitRows, columns - 8);
        }
        column += columns;
        b += columns > 8 ? nextB * 2 : nextB;
        c += <usize>columns << 2;
      }
      strip += stripBytes;
    }
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
