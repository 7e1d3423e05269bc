/**
 * The three matrix products of backpropagation through a dense layer, on one 5 x 8 register tile.
 *
 * Samples are kept in panels of eight: feature f of sample s lies at
 * `panels + ((s >> 3) * features + f) * 32 + (s & 7) * 4`, so that a vector holds four samples and
 * never four terms of one sum. Every output is summed in index order in one accumulator that starts
 * at +0; blocking over the summed index stores and reloads that accumulator, which changes no bit.
 *
 * The side with five rows is packed as [k][5]; five units divide badly into rows of weights, so the
 * last strip is padded with zeros and its spare rows are dropped.
 */

import { addBiasAndActivate } from './activations';
import { addVectors } from './reduce';

/** Rows of the register tile: 10 accumulators, 2 vectors of B and one of A fit 16 registers. */
const ROWS: i32 = 5;
/** Bytes of a tile: five rows of eight float32. */
const TILE_BYTES: i32 = 160;
/** Summed indices per block, so that a strip of A and a panel of B stay in the first-level cache. */
const BLOCK: i32 = 256;
/** Columns of the weight gradient that are finished before the next strip is taken up. */
const COLUMN_BLOCK: i32 = 64;

/**
 * C[5][8] = (first ? 0 : C) + sum over k of A[k][5] B[k][8], with one rounding per multiplication and
 * one per addition. `strideB` and `strideC` are bytes between rows.
 */
function tile(a: usize, b: usize, strideB: usize, k: i32, c: usize, strideC: usize, first: bool): void {
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

/** Packs five rows, `stride` bytes apart, of `k` consecutive values as [k][5]. */
function packRows(source: usize, stride: usize, k: i32, packed: usize): void {
  let r0 = source;
  let r1 = r0 + stride;
  let r2 = r1 + stride;
  let r3 = r2 + stride;
  let r4 = r3 + stride;
  const blocksEnd = r0 + <usize>((k >> 2) << 4);
  while (r0 < blocksEnd) {
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

/** Packs `rows` < 5 rows as {@link packRows} does, with zeros for the missing ones. */
function packRaggedRows(source: usize, stride: usize, k: i32, rows: i32, packed: usize): void {
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

/** Packs five neighbouring columns of `k` rows, `stride` bytes apart, as [k][5]; missing columns are zero. */
function packColumns(source: usize, stride: usize, k: i32, columns: i32, packed: usize): void {
  if (columns < ROWS) memory.fill(packed, 0, <usize>(k * ROWS * 4));
  for (let i = 0; i < k; i++) {
    if (columns == ROWS) {
      v128.store(packed, v128.load(source));
      store<f32>(packed, load<f32>(source, 16), 16);
    } else {
      for (let column = 0; column < columns; column++) {
        store<f32>(packed + <usize>(column << 2), load<f32>(source + <usize>(column << 2)));
      }
    }
    source += stride;
    packed += 20;
  }
}

/** Packs five features (rows of a panel) of `count` samples as [sample][5]; missing features are zero. */
function packSamples(panels: usize, features: i32, feature: i32, rows: i32, count: i32, packed: usize): void {
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

/**
 * output = sigma(W x + b), equations (1) and (14), for `count` samples.
 * weights [units][inputs]; input panels [inputs]; z and output panels [units] (the same buffer where
 * the derivative needs no z). bias: `biasMode` 0 none, 1 one for the layer, 2 one per unit.
 * scratch: 256 * 20 + 160 bytes.
 */
export function denseForward(
  weights: usize,
  bias: usize,
  biasMode: i32,
  input: usize,
  z: usize,
  output: usize,
  count: i32,
  inputs: i32,
  units: i32,
  activation: i32,
  scratch: usize,
): void {
  const spare = scratch + <usize>(BLOCK * ROWS * 4);
  const rowBytes = <usize>inputs << 2;
  const inputPanel = <usize>inputs << 5;
  const outputPanel = <usize>units << 5;
  const panels = (count + 7) >> 3;
  for (let block = 0; block < inputs; block += BLOCK) {
    const k = min(BLOCK, inputs - block);
    const first = block == 0;
    const last = block + k == inputs;
    for (let unit = 0; unit < units; unit += ROWS) {
      const rows = min(ROWS, units - unit);
      const source = weights + <usize>unit * rowBytes + (<usize>block << 2);
      if (rows == ROWS) packRows(source, rowBytes, k, scratch);
      else packRaggedRows(source, rowBytes, k, rows, scratch);
      let b = input + (<usize>block << 5);
      let offset = <usize>unit << 5;
      const biases = bias + (biasMode == 2 ? <usize>unit << 2 : 0);
      for (let panel = 0; panel < panels; panel++) {
        const c = z + offset;
        tileRows(scratch, b, 32, k, c, 32, first, rows, spare);
        if (last) addBiasAndActivate(c, output + offset, biases, biasMode, rows, activation);
        b += inputPanel;
        offset += outputPanel;
      }
    }
  }
}

/** {@link tile} whose last rows may be missing: those go to a spare tile and are dropped. */
// @ts-ignore: decorator
@inline
function tileRows(
  a: usize,
  b: usize,
  strideB: usize,
  k: i32,
  c: usize,
  strideC: usize,
  first: bool,
  rows: i32,
  spare: usize,
): void {
  if (rows == ROWS) {
    tile(a, b, strideB, k, c, strideC, first);
  } else {
    if (!first) copyRows(c, strideC, spare, 32, rows, 8);
    tile(a, b, strideB, k, spare, 32, first);
    copyRows(spare, 32, c, strideC, rows, 8);
  }
}

/** Copies `rows` rows of `columns` <= 8 floats; a call of memory.copy would cost more than the tile. */
function copyRows(source: usize, sourceStride: usize, target: usize, targetStride: usize, rows: i32, columns: i32): void {
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

/**
 * dInput = W^T dz, the chain rule (15) towards the layer below, for `count` samples.
 * weights [units][inputs]; dz panels [units]; dInput panels [inputs]. scratch: 256 * 20 + 160 bytes.
 */
export function denseInputGradient(
  weights: usize,
  dz: usize,
  dInput: usize,
  count: i32,
  inputs: i32,
  units: i32,
  scratch: usize,
): void {
  const spare = scratch + <usize>(BLOCK * ROWS * 4);
  const rowBytes = <usize>inputs << 2;
  const dzPanel = <usize>units << 5;
  const dInputPanel = <usize>inputs << 5;
  const panels = (count + 7) >> 3;
  for (let block = 0; block < units; block += BLOCK) {
    const k = min(BLOCK, units - block);
    const first = block == 0;
    for (let column = 0; column < inputs; column += ROWS) {
      const columns = min(ROWS, inputs - column);
      packColumns(weights + <usize>block * rowBytes + (<usize>column << 2), rowBytes, k, columns, scratch);
      let b = dz + (<usize>block << 5);
      let c = dInput + (<usize>column << 5);
      for (let panel = 0; panel < panels; panel++) {
        tileRows(scratch, b, 32, k, c, 32, first, columns, spare);
        b += dzPanel;
        c += dInputPanel;
      }
    }
  }
}

/** Bytes of the stack on which tiles of shards wait for their siblings: 32 levels. */
const STACK_BYTES: i32 = 32 * TILE_BYTES;

/**
 * dWeights = sum over the shards, along the tree, of sum over a shard's samples in order of dz x^T.
 * dz panels [units]; rows [count][ld] with ld a multiple of 8 and zeros behind `inputs`;
 * dWeights [units][inputs]. A tile meets all shards of the node while it is in the first-level cache,
 * so a node costs one write of the gradient however many shards it has.
 * scratch: 33 * 160 bytes + ceil(units / 5) * count * 20.
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
  const packed = scratch + <usize>(STACK_BYTES + TILE_BYTES);
  const stripBytes = <usize>(count * ROWS * 4);
  let strip = packed;
  for (let unit = 0; unit < units; unit += ROWS) {
    packSamples(dz, units, unit, min(ROWS, units - unit), count, strip);
    strip += stripBytes;
  }
  const rowBytes = <usize>ld << 2;
  const outputBytes = <usize>inputs << 2;
  for (let block = 0; block < inputs; block += COLUMN_BLOCK) {
    const blockEnd = min(block + COLUMN_BLOCK, inputs);
    strip = packed;
    for (let unit = 0; unit < units; unit += ROWS) {
      const unitRows = min(ROWS, units - unit);
      for (let column = block; column < blockEnd; column += 8) {
        const columns = min(8, inputs - column);
        const b = rows + (<usize>column << 2);
        const c = dWeights + <usize>unit * outputBytes + (<usize>column << 2);
        if (count <= shardSize && unitRows == ROWS && columns == 8) {
          shardTile(strip, b, rowBytes, count, c, outputBytes);
        } else {
          nodeTile(strip, b, rowBytes, count, shardSize, scratch);
          copyRows(scratch, 32, c, outputBytes, unitRows, columns);
        }
      }
      strip += stripBytes;
    }
  }
}

/** The tile of one shard: its samples in order. */
function shardTile(a: usize, b: usize, strideB: usize, count: i32, c: usize, strideC: usize): void {
  for (let sample = 0; sample < count; sample += BLOCK) {
    const k = min(BLOCK, count - sample);
    tile(a, b, strideB, k, c, strideC, sample == 0);
    a += <usize>(k * ROWS * 4);
    b += <usize>k * strideB;
  }
}

/** The tile of a node: its shards added along the tree, on a stack that works like a binary counter. */
function nodeTile(a: usize, b: usize, strideB: usize, count: i32, shardSize: i32, stack: usize): void {
  let top = stack;
  let shard = 0;
  for (let sample = 0; sample < count; sample += shardSize) {
    const k = min(shardSize, count - sample);
    shardTile(a, b, strideB, k, top, 32);
    a += <usize>(k * ROWS * 4);
    b += <usize>k * strideB;
    shard++;
    for (let siblings = shard; (siblings & 1) == 0; siblings >>= 1) {
      top -= TILE_BYTES;
      addVectors(top, top + TILE_BYTES, 10);
    }
    top += TILE_BYTES;
  }
  for (top -= TILE_BYTES; top > stack; ) {
    top -= TILE_BYTES;
    addVectors(top, top + TILE_BYTES, 10);
  }
}
