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
/** Bytes of scratch memory for a slice updater: the block of means, then that of the tree. */
export const UPDATE_SCRATCH_BYTES = BLOCK * 4 + 64 + 32 * 512 * 4 + 64;

/** Which parameters a slice updates, of which step. */
export interface SliceStep {
  readonly step: number;
  readonly begin: number;
  readonly end: number;
  readonly slots: GradientSlots;
}

/**
 * A function that updates the parameters [begin, end) from the version of the step to the next one. It answers
 * false if a mean gradient, a new weight or a new state is not finite; then the step must not be applied.
 */
export function sliceUpdater(
  kernels: Kernels,
  optimizer: Optimizer,
  versions: readonly [Version, Version],
  scratch: number,
): (slice: SliceStep) => boolean {
  const treeScratch = scratch + BLOCK * 4 + 64;
  const block = {
    gradient: scratch,
    weights: 0,
    weightsNext: 0,
    state: optimizer.state.map(() => 0),
    stateNext: optimizer.state.map(() => 0),
    length: 0,
  };
  return ({ step, begin, end, slots }) => {
    const from = versions[(step & 1) as 0 | 1];
    const to = versions[((step + 1) & 1) as 0 | 1];
    const { base, stride, nodes, samples } = slots;
    let finite = 1;
    for (let at = begin; at < end; at += BLOCK) {
      const bytes = at * 4;
      block.length = Math.min(BLOCK, end - at);
      block.weights = from.weights + bytes;
      block.weightsNext = to.weights + bytes;
      for (let i = 0; i < block.state.length; i++) {
        block.state[i] = from.state[i]! + bytes;
        block.stateNext[i] = to.state[i]! + bytes;
      }
      finite &= kernels.treeMean(base + bytes, stride, nodes, block.length, samples, scratch, treeScratch);
      finite &= optimizer.update(kernels, step, block);
    }
    return finite === 1;
  };
}
