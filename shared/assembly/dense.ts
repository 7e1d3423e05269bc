/**
 * The three matrix products of backpropagation through a dense layer, on the register tile of tile.ts.
 *
 * Samples are kept in panels of eight: feature f of sample s lies at
 * `panels + ((s >> 3) * features + f) * 32 + (s & 7) * 4`, so that a vector holds four samples and never four terms
 * of one sum. Units are on the side with five rows, because five divides no usual number of samples.
 */

import { addBiasAndActivate } from './activations';
import { packColumns, packRaggedRows, packRows, packSamples } from './pack';
import { addTile, BLOCK, copyRows, ROWS, TILE_BYTES, tile, tileRows } from './tile';

/** Columns of the weight gradient that are finished before the next strip is taken up. */
const COLUMN_BLOCK: i32 = 64;

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
  const spare = scratch + STACK_BYTES;
  const packed = spare + TILE_BYTES;
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
        if (unitRows == ROWS && columns == 8) {
          nodeTile(strip, b, rowBytes, count, shardSize, c, outputBytes, scratch);
        } else {
          nodeTile(strip, b, rowBytes, count, shardSize, spare, 32, scratch);
          copyRows(spare, 32, c, outputBytes, unitRows, columns);
        }
      }
      strip += stripBytes;
    }
  }
}

/**
 * The tile of a node: its shards added along the tree, on a stack that works like a binary counter and whose bottom
 * is C itself.
 */
function nodeTile(
  a: usize,
  b: usize,
  strideB: usize,
  count: i32,
  shardSize: i32,
  c: usize,
  strideC: usize,
  stack: usize,
): void {
  let depth = 0;
  let shard = 0;
  for (let sample = 0; sample < count; sample += shardSize) {
    const k = min(shardSize, count - sample);
    if (depth == 0) shardTile(a, b, strideB, k, c, strideC);
    else shardTile(a, b, strideB, k, stack + <usize>(depth * TILE_BYTES), 32);
    a += <usize>(k * ROWS * 4);
    b += <usize>k * strideB;
    shard++;
    for (let siblings = shard; (siblings & 1) == 0; siblings >>= 1) depth = mergeTop(depth, c, strideC, stack);
    depth++;
  }
  for (depth--; depth > 0; ) depth = mergeTop(depth, c, strideC, stack);
}

/** Adds the tile at `depth` to the one below it; answers the depth of the sum. */
function mergeTop(depth: i32, c: usize, strideC: usize, stack: usize): i32 {
  const left = depth - 1;
  const source = stack + <usize>(depth * TILE_BYTES);
  if (left == 0) addTile(c, strideC, source);
  else addTile(stack + <usize>(left * TILE_BYTES), 32, source);
  return left;
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
