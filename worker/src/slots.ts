/**
 * The slots in which a round's gradient sums lie, as the main thread sees them: it fills them with what was received,
 * and adds, compares and checks what lies there, block by block on two stacks of its own. It writes no slot but in
 * `write`, and knows nothing of who owns which.
 */

import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import type { SlotOrder } from '@hivegrad/shared/optim/update';
import { orderedBlock, sumInOrder } from '@hivegrad/shared/optim/update';
import type { RoundLayout } from './layout.ts';
import type { Shared } from './shared.ts';

export interface Slots {
  /** Bytes of a gradient. */
  readonly bytes: number;
  /** The gradient in a slot; a view. */
  bytesOf(slot: number): Uint8Array;
  /** The sums that a thread wrote beside the gradient of a slot. The loss is NaN where the gradient is not finite. */
  sumsOf(slot: number): { readonly lossSum: number; readonly correct: number };
  /** Fills a slot. False if the gradient is not finite. */
  write(slot: number, gradient: Uint8Array): boolean;
  /** Whether the sum of some slots is finite. */
  isFinite(order: SlotOrder): boolean;
  /** Whether two sums of slots have the same bytes. */
  areEqual(left: SlotOrder, right: SlotOrder): boolean;
}

export function openSlots({ memory, layout, engine, module }: Shared, planned: RoundLayout): Slots {
  const { buffer } = memory;
  const kernels = engine === 'simd' ? instantiateKernels(module, memory) : createReferenceKernels(buffer);
  const { slots: base, slotStride: stride, parameters } = layout;
  const [first, second] = planned.stacks;
  const f32 = new Float32Array(buffer);
  const u32 = new Uint32Array(buffer);
  const addressOf = (slot: number) => base + slot * stride;
  const bytesAt = (address: number, floats: number) => Buffer.from(buffer, address, floats * 4);
  // A division by 1 in place changes no finite value.
  const finiteAt = (address: number, floats: number) =>
    kernels.treeMean(address, 0, 1, floats, 1, address, second) === 1;
  const blockOf = (order: SlotOrder, block: { at: number; length: number; stack: number }) =>
    sumInOrder(kernels, { base, stride, order }, block);
  /** Whether something holds for each block of at most `floats` parameters. */
  const everyBlock = (floats: number, holds: (at: number, length: number) => boolean): boolean => {
    for (let at = 0; at < parameters; at += floats) {
      if (!holds(at, Math.min(floats, parameters - at))) return false;
    }
    return true;
  };

  return {
    bytes: parameters * 4,
    bytesOf: (slot) => new Uint8Array(buffer, addressOf(slot), parameters * 4),
    sumsOf(slot) {
      const at = (planned.sums + slot * SUMS_BYTES) >>> 2;
      return { lossSum: f32[at]!, correct: u32[at + 1]! };
    },
    write(slot, gradient) {
      bytesAt(addressOf(slot), parameters).set(gradient);
      return finiteAt(addressOf(slot), parameters);
    },
    isFinite: (order) =>
      everyBlock(orderedBlock(order), (at, length) =>
        finiteAt(blockOf(order, { at, length, stack: first }), length),
      ),
    areEqual: (left, right) =>
      everyBlock(Math.min(orderedBlock(left), orderedBlock(right)), (at, length) => {
        const one = blockOf(left, { at, length, stack: first });
        const other = blockOf(right, { at, length, stack: second });
        return bytesAt(one, length).equals(bytesAt(other, length));
      }),
  };
}
