/**
 * Clipping of a step's mean gradient: element by element, or by its norm over all parameters. The norm is summed
 * along the fixed tree over blocks of SQUARE_SUM_FLOATS parameters, so that any slicing of the vector gives its bits.
 */

import type { Kernels } from '../kernels/kernels.ts';
import { SQUARE_SUM_FLOATS } from '../kernels/kernels.ts';
import type { ClippingSpec } from './spec.ts';

export function squaresBlocks(parameters: number): number {
  return Math.ceil(parameters / SQUARE_SUM_FLOATS);
}

/** The root of the fixed binary tree over the first `blocks` values, in float64. */
export function squareTotal(squares: Float64Array, blocks: number): number {
  const stack = new Float64Array(32);
  let depth = 0;
  for (let n = 1; n <= blocks; n++) {
    stack[depth++] = squares[n - 1]!;
    for (let siblings = n; (siblings & 1) === 0; siblings >>= 1) {
      depth--;
      stack[depth - 1] = stack[depth - 1]! + stack[depth]!;
    }
  }
  for (; depth > 1; depth--) stack[depth - 2] = stack[depth - 2]! + stack[depth - 1]!;
  return stack[0]!;
}

/** By how much a gradient whose squares sum to `squares` is scaled: min(1, limit / norm). */
export function normFactor(squares: number, limit: number): number {
  const norm = Math.sqrt(squares);
  return norm > limit ? limit / norm : 1;
}

/** Clips `length` floats of the mean gradient in place; `factor` is that of the whole gradient's norm. */
export function clip(
  kernels: Kernels,
  clipping: ClippingSpec,
  block: { readonly gradient: number; readonly length: number; readonly factor: number },
): void {
  if (clipping.type === 'value') kernels.clamp(block.gradient, block.length, clipping.limit);
  else if (clipping.type === 'norm' && block.factor !== 1) {
    kernels.scale(block.gradient, block.length, block.factor);
  }
}
