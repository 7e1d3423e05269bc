/** The one module of kernels, for Node and browsers alike. What each function does is said in its file. */

import { expPair, expm1Pair, promoteHigh, demotePairs, log1pPair, logPair, promoteLow, tanhPair } from './elementary';
import { cosPair, sinPair } from './elementary';

export { activate, activationBackward } from './activations';
export { denseBiasGradient } from './bias';
export { clamp, scale, squareSums } from './clipping';
export { denseForward, denseForwardRows, denseInputGradient } from './dense';
export { dropout } from './dropout';
export { denseWeightGradient } from './gradient';
export { binaryCrossEntropy, softmax, softmaxCrossEntropy, squaredError } from './losses';
export { adam, scaledByRootMeanSquare, sgd } from './optimizers';
export { add, treeMean } from './reduce';
export { bytesToRows, panelsToRows, rowsToPanels } from './rows';
export { setWide } from './wide';
export { findWindows } from './windows';

/** target = source, `floats` of them; a copy of bytes keeps the bits of a NaN. */
export function copy(source: usize, target: usize, floats: i32): void {
  memory.copy(target, source, <usize>floats << 2);
}

/** target[i] = f(source[i]) for one of the elementary functions; `length` is a multiple of 4. */
export function map(f: i32, source: usize, target: usize, length: i32): void {
  for (const end = source + (<usize>length << 2); source < end; source += 16, target += 16) {
    const x = v128.load(source);
    v128.store(target, demotePairs(apply(f, promoteLow(x)), apply(f, promoteHigh(x))));
  }
}

function apply(f: i32, x: v128): v128 {
  switch (f) {
    case 0:
      return expPair(x);
    case 1:
      return expm1Pair(x);
    case 2:
      return logPair(x);
    case 3:
      return log1pPair(x);
    case 4:
      return tanhPair(x);
    case 5:
      return sinPair(x);
    default:
      return cosPair(x);
  }
}
