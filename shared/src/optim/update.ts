/**
 * The second half of a step on one slice of the parameters: the tree's root over the nodes' gradient sums, the mean
 * of equation (13), and the optimizer. Version t is only read and version t + 1 only written, so a slice can be
 * done again by anyone, and any slicing gives the same bits.
 */

import type { Kernels } from '../kernels/kernels.ts';
import type { Optimizer } from './optimizers.ts';

/** One version of what a step changes: the weights, and the optimizer's state vectors. Addresses. */
export interface Version {
  readonly weights: number;
  readonly state: readonly number[];
}

export interface GradientSlots {
  /** Address of the first node's gradient sum; the others follow, `stride` bytes apart. */
  readonly base: number;
  readonly stride: number;
  readonly nodes: number;
  /** Samples of the step. */
  readonly samples: number;
}

/** Floats that stay in the first-level cache between the mean and the update. */
const BLOCK = 2048;
/** Bytes of scratch memory for `updateSlice`: the block of means, then that of the tree. */
export const UPDATE_SCRATCH_BYTES = BLOCK * 4 + 64 + 32 * 512 * 4 + 64;

/**
 * Updates the parameters [begin, end) from version `from` to version `to`. Answers false if a mean gradient, a new
 * weight or a new value of the state is not finite; then the step must not be applied. (The state has to be looked
 * at too: where the square of a gradient overflows, Adam divides by infinity and the weight stays finite for ever.)
 */
export function updateSlice(
  kernels: Kernels,
  optimizer: Optimizer,
  options: {
    readonly step: number;
    readonly begin: number;
    readonly end: number;
    readonly from: Version;
    readonly to: Version;
    readonly slots: GradientSlots;
    readonly scratch: number;
  },
): boolean {
  const { step, begin, end, from, to, slots, scratch } = options;
  const treeScratch = scratch + BLOCK * 4 + 64;
  let finite = 1;
  for (let at = begin; at < end; at += BLOCK) {
    const length = Math.min(BLOCK, end - at);
    const bytes = at * 4;
    const { base, stride, nodes, samples } = slots;
    const stateNext = to.state.map((vector) => vector + bytes);
    finite &= kernels.treeMean(base + bytes, stride, nodes, length, samples, scratch, treeScratch);
    finite &= optimizer.update(kernels, step, {
      gradient: scratch,
      weights: from.weights + bytes,
      weightsNext: to.weights + bytes,
      state: from.state.map((vector) => vector + bytes),
      stateNext,
      length,
    });
    for (const vector of stateNext) finite &= kernels.allFinite(vector, length);
  }
  return finite === 1;
}
