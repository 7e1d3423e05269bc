/**
 * The second half of a step on one slice of the parameters: the tree's root over the nodes' gradient sums, the mean
 * of equation (13), clipping, and the optimizer. Version t is only read and version t + 1 only written, so a slice can be
 * done again by anyone, and any slicing gives the same bits.
 */

import type { Kernels } from '../kernels/kernels.ts';
import { SQUARE_SUM_FLOATS } from '../kernels/kernels.ts';
import { clip, normFactor, squaresBlocks, squareTotal } from './clipping.ts';
import { optimizerOf } from './optimizers.ts';
import { learningRateAt } from './schedule.ts';
import type { ClippingSpec, OptimizerSpec, ScheduleSpec } from './spec.ts';

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
  /** How slots are added that hold nodes of different levels. Without it they hold all nodes of one, in their order. */
  readonly order?: SlotOrder | undefined;
}

/** A sum of slots in postfix notation, which follows the tree. */
export interface SlotOrder {
  /** In the first `length` words: the number of a slot, or ADD for the sum of the two sums before it. */
  readonly words: ArrayLike<number>;
  readonly length: number;
  /** Sums that wait for their sibling at once, at most. */
  readonly depth: number;
}

/** In the place of a slot's number. */
export const ADD = -1;

/** Floats that stay in the first-level cache between the mean and the update. */
const BLOCK = 2048;
/** Bytes of scratch memory for a slice updater: the block of means, then that of the tree. */
export const UPDATE_SCRATCH_BYTES = BLOCK * 4 + 64 + 32 * 512 * 4 + 64;

/** Bytes of the stack of {@link sumInOrder}: that of the tree, which does not lie there at the same time. */
export const SUM_STACK_BYTES = 32 * 512 * 4;

/** Floats that can be summed in an order at once, so that its stack does not overflow. */
export function orderedBlock({ depth }: SlotOrder): number {
  return depth <= 8 ? BLOCK : 512;
}

/**
 * The sum of at most orderedBlock(order) floats of the slots, at `at` floats from the beginning of each. Answers the
 * address where it lies: that of the stack, or where the order names one slot alone in this slot. Slots are only read.
 */
export function sumInOrder(
  kernels: Kernels,
  slots: { readonly base: number; readonly stride: number; readonly order: SlotOrder },
  block: { readonly at: number; readonly length: number; readonly stack: number },
): number {
  const { base, stride, order } = slots;
  const { length, stack } = block;
  const first = base + block.at * 4;
  const entry = orderedBlock(order) * 4;
  if (order.length === 1) return first + order.words[0]! * stride;
  let top = stack;
  for (let i = 0; i < order.length; i++) {
    const word = order.words[i]!;
    if (word === ADD) {
      top -= entry;
      kernels.add(top - entry, top, length);
    } else if (order.words[i + 1] === ADD && i + 1 < order.length) {
      kernels.add(top - entry, first + word * stride, length);
      i++;
    } else {
      kernels.copy(first + word * stride, top, length);
      top += entry;
    }
  }
  return stack;
}

/** How a mean gradient becomes a step. */
export interface UpdateRule {
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly clipping: ClippingSpec;
}

/** Which parameters [begin, end) a slice updates, of which step; `begin` is a multiple of SLICE_ALIGNMENT. */
export interface SliceStep {
  readonly step: number;
  readonly begin: number;
  readonly end: number;
  readonly slots: GradientSlots;
}

/** Slices begin at whole blocks of squares, so that each block is summed by one slice. */
export const SLICE_ALIGNMENT: number = SQUARE_SUM_FLOATS;

export interface UpdateMemory {
  readonly versions: readonly [Version, Version];
  /** UPDATE_SCRATCH_BYTES of memory that is this updater's own. */
  readonly scratch: number;
  /** Address of one float64 for each block of parameters; used where the norm is clipped. */
  readonly squares: number;
  /** The memory, and the number of parameters. */
  readonly buffer: ArrayBufferLike;
  readonly parameters: number;
}

export interface SliceUpdater {
  /** Whether `sumSquares` has to be done on every slice before `update` on any. */
  readonly needsSquares: boolean;
  /** The squares of the slice's mean gradient, block by block. */
  sumSquares(slice: SliceStep): void;
  /**
   * Updates the parameters [begin, end) from the version of the step to the next one. Answers false if a mean
   * gradient, a new weight or a new state is not finite; then the step must not be applied.
   */
  update(slice: SliceStep): boolean;
}

export function sliceUpdater(kernels: Kernels, rule: UpdateRule, memory: UpdateMemory): SliceUpdater {
  const { versions, scratch, parameters } = memory;
  const { clipping, schedule } = rule;
  const optimizer = optimizerOf(rule.optimizer);
  const treeScratch = scratch + BLOCK * 4 + 64;
  const squares = new Float64Array(memory.buffer).subarray(memory.squares >>> 3);
  const block = {
    gradient: scratch,
    weights: 0,
    weightsNext: 0,
    state: optimizer.state.map(() => 0),
    stateNext: optimizer.state.map(() => 0),
    length: 0,
    step: 0,
    learningRate: 0,
    /** Of clipping by the norm. */
    factor: 1,
  };
  /** The same as `meanOfBlock` for nodes of different levels. */
  const orderedMean = (at: number, slots: Omit<GradientSlots, 'nodes'> & { order: SlotOrder }): number => {
    const step = orderedBlock(slots.order);
    let finite = 1;
    for (let done = 0; done < block.length; done += step) {
      const length = Math.min(step, block.length - done);
      const sum = sumInOrder(kernels, slots, { at: at + done, length, stack: treeScratch });
      finite &= kernels.treeMean(sum, 0, 1, length, slots.samples, scratch + done * 4, treeScratch);
    }
    return finite;
  };
  /** The mean gradient of the block at `at`; answers 1 if it is finite. */
  const meanOfBlock = (at: number, { end, slots }: SliceStep): number => {
    const { base, stride, nodes, samples, order } = slots;
    block.length = Math.min(BLOCK, end - at);
    if (order !== undefined) return orderedMean(at, { base, stride, samples, order });
    return kernels.treeMean(base + at * 4, stride, nodes, block.length, samples, scratch, treeScratch);
  };

  return {
    needsSquares: clipping.type === 'norm',

    sumSquares(slice) {
      for (let at = slice.begin; at < slice.end; at += BLOCK) {
        meanOfBlock(at, slice);
        kernels.squareSums(scratch, block.length, memory.squares + (at / SQUARE_SUM_FLOATS) * 8);
      }
    },

    update(slice) {
      const { step } = slice;
      const from = versions[(step & 1) as 0 | 1];
      const to = versions[((step + 1) & 1) as 0 | 1];
      block.step = step;
      block.learningRate = learningRateAt(rule.optimizer.learningRate, schedule, step);
      if (clipping.type === 'norm') {
        block.factor = normFactor(squareTotal(squares, squaresBlocks(parameters)), clipping.limit);
      }
      let finite = 1;
      for (let at = slice.begin; at < slice.end; at += BLOCK) {
        const bytes = at * 4;
        finite &= meanOfBlock(at, slice);
        clip(kernels, clipping, block);
        block.weights = from.weights + bytes;
        block.weightsNext = to.weights + bytes;
        for (let i = 0; i < block.state.length; i++) {
          block.state[i] = from.state[i]! + bytes;
          block.stateNext[i] = to.state[i]! + bytes;
        }
        finite &= optimizer.update(kernels, block);
      }
      return finite === 1;
    },
  };
}
