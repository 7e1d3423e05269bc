/**
 * The two matrix products of backpropagation whose result is panels, on the register tiles of tile.ts and wide.ts.
 *
 * Samples are kept in panels of eight: feature f of sample s lies at
 * `panels + ((s >> 3) * features + f) * 32 + (s & 7) * 4`, so that a vector holds four samples and never four terms
 * of one sum. Units are on the side with five rows, because five divides no usual number of samples.
 *
 * A group of strips of five rows is packed at once and stays in the second-level cache, while one panel after the
 * other comes into the first-level cache and meets all strips of the group.
 */

import { addBiasAndActivate } from './activations';
import { packColumns, packRaggedRows, packRaggedWindows, packRows, packWindows } from './pack';
import { rowsToPanels, windowsToPanels } from './rows';
import { BLOCK, copyRows, ROWS, TILE_BYTES, tile } from './tile';
import { tilesAtOnce, wideTile } from './wide';
import { WINDOW, windowColumns } from './windows';

/** Rows of a group of twelve strips, 60 KiB in the second-level cache. */
const GROUP: i32 = 12 * ROWS;

/**
 * output = sigma(W x + b), equations (1) and (14), for `count` samples.
 * weights [units][inputs]; input panels [inputs]; z and output panels [units] (the same buffer where
 * the derivative needs no z). bias: `biasMode` 0 none, 1 one for the layer, 2 one per unit.
 * scratch: 256 * 240 + 160 bytes.
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
  forward(weights, inputs, 0, bias, biasMode, input, inputs, z, output, count, units, activation, scratch);
}

/**
 * {@link denseForward} from rows [count][ld]. windows: a list of their windows (windows.ts), with which all weights have
 * to be finite, or 0. panels: room for panels [inputs].
 */
export function denseForwardRows(
  weights: usize,
  bias: usize,
  biasMode: i32,
  rows: usize,
  ld: i32,
  windows: usize,
  panels: usize,
  z: usize,
  output: usize,
  count: i32,
  inputs: i32,
  units: i32,
  activation: i32,
  scratch: usize,
): void {
  let features = inputs;
  if (windows == 0) {
    rowsToPanels(rows, panels, count, inputs, ld);
  } else {
    features = windowColumns(windows, inputs);
    windowsToPanels(rows, windows, panels, count, features, ld);
  }
  forward(weights, inputs, windows, bias, biasMode, panels, features, z, output, count, units, activation, scratch);
}

/** {@link denseForward} over the `features` columns of the windows, of which the input panels are. */
function forward(
  weights: usize,
  inputs: i32,
  windows: usize,
  bias: usize,
  biasMode: i32,
  input: usize,
  features: i32,
  z: usize,
  output: usize,
  count: i32,
  units: i32,
  activation: i32,
  scratch: usize,
): void {
  const rowBytes = <usize>inputs << 2;
  const inputPanel = <usize>features << 5;
  const outputPanel = <usize>units << 5;
  const panels = (count + 7) >> 3;
  for (let block = 0; block < features; block += BLOCK) {
    const k = min(BLOCK, features - block);
    const first = block == 0;
    const last = block + k == features;
    for (let unit = 0; unit < units; unit += GROUP) {
      const rows = min(GROUP, units - unit);
      const source = weights + <usize>unit * rowBytes;
      if (windows == 0) packGroup(source + (<usize>block << 2), rowBytes, k, rows, scratch);
      else packGroupOfWindows(source, rowBytes, windows + 4 + <usize>(block / WINDOW * 4), k, rows, scratch);
      const biases = bias + (biasMode == 2 ? <usize>unit << 2 : 0);
      let b = input + (<usize>block << 5);
      let offset = <usize>unit << 5;
      for (let panel = 0; panel < panels; ) {
        const taken = min(tilesAtOnce(), panels - panel);
        groupTimesPanels(scratch, rows, b, inputPanel, k, z + offset, outputPanel, first, taken);
        for (const next = panel + taken; panel < next; panel++) {
          if (last) {
            const samples = min(8, count - (panel << 3));
            // Of the last panel, the only one with fewer samples, the packed group is no longer needed.
            addBiasAndActivate(z + offset, output + offset, biases, biasMode, rows, activation, samples, scratch);
          }
          b += inputPanel;
          offset += outputPanel;
        }
      }
    }
  }
}

/**
 * dInput = W^T dz, the chain rule (15) towards the layer below, for `count` samples.
 * weights [units][inputs]; dz panels [units]; dInput panels [inputs]. scratch: 256 * 240 + 160 bytes.
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
  const rowBytes = <usize>inputs << 2;
  const dzPanel = <usize>units << 5;
  const dInputPanel = <usize>inputs << 5;
  const panels = (count + 7) >> 3;
  for (let block = 0; block < units; block += BLOCK) {
    const k = min(BLOCK, units - block);
    for (let column = 0; column < inputs; column += GROUP) {
      const columns = min(GROUP, inputs - column);
      packColumns(weights + <usize>block * rowBytes + (<usize>column << 2), rowBytes, k, columns, scratch);
      let b = dz + (<usize>block << 5);
      let c = dInput + (<usize>column << 5);
      for (let panel = 0; panel < panels; ) {
        const taken = min(tilesAtOnce(), panels - panel);
        groupTimesPanels(scratch, columns, b, dzPanel, k, c, dInputPanel, block == 0, taken);
        panel += taken;
        b += dzPanel * <usize>taken;
        c += dInputPanel * <usize>taken;
      }
    }
  }
}

/** Packs up to a group of rows, `stride` bytes apart, of `k` consecutive values as strips [k][5]. */
function packGroup(source: usize, stride: usize, k: i32, rows: i32, packed: usize): void {
  for (let row = 0; row < rows; row += ROWS) {
    if (rows - row >= ROWS) packRows(source, stride, k, packed);
    else packRaggedRows(source, stride, k, rows - row, packed);
    source += stride * ROWS;
    packed += <usize>(k * ROWS * 4);
  }
}

/** The same of the `k` columns of the windows that begin at `columns`. */
function packGroupOfWindows(
  source: usize,
  stride: usize,
  columns: usize,
  k: i32,
  rows: i32,
  packed: usize,
): void {
  for (let row = 0; row < rows; row += ROWS) {
    if (rows - row >= ROWS) packWindows(source, stride, columns, k, packed);
    else packRaggedWindows(source, stride, columns, k, rows - row, packed);
    source += stride * ROWS;
    packed += <usize>(k * ROWS * 4);
  }
}

/**
 * C = (first ? 0 : C) + the packed group times one panel of B, or two that lie `panelB` bytes apart. The tile of a
 * strip with missing rows is computed behind the group.
 */
function groupTimesPanels(
  packed: usize,
  rows: i32,
  b: usize,
  panelB: usize,
  k: i32,
  c: usize,
  panelC: usize,
  first: bool,
  panels: i32,
): void {
  const stripBytes = <usize>(k * ROWS * 4);
  const wholeEnd = c + <usize>((rows / ROWS) * TILE_BYTES);
  if (panels == 1) {
    for (; c < wholeEnd; c += TILE_BYTES, packed += stripBytes) tile(packed, b, 32, k, c, 32, first);
  } else {
    for (; c < wholeEnd; c += TILE_BYTES, packed += stripBytes) {
      wideTile(packed, b, panelB, 32, k, c, panelC, 32, first);
    }
  }
  const rest = rows % ROWS;
  if (rest == 0) return;
  const spare = packed + stripBytes;
  for (let panel = 0; panel < panels; panel++) {
    if (!first) copyRows(c, 32, spare, 32, rest, 8);
    tile(packed, b, 32, k, spare, 32, first);
    copyRows(spare, 32, c, 32, rest, 8);
    b += panelB;
    c += panelC;
  }
}
