/** An optimizer on a few parameters with the plain kernels, step after step. */

import { createArena } from '../kernels/arena.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { optimizerOf } from './optimizers.ts';
import type { OptimizerSpec } from './spec.ts';
import { UPDATE_SCRATCH_BYTES, updateSlice } from './update.ts';

/** The weights after each step that `optimizer` takes on the gradients, one row a step. */
export function steps(
  spec: OptimizerSpec,
  weights: readonly number[],
  gradients: readonly (readonly number[])[],
): number[][] {
  const buffer = new ArrayBuffer(1 << 18);
  const f32 = new Float32Array(buffer);
  const kernels = createReferenceKernels(buffer);
  const optimizer = optimizerOf(spec);
  const arena = createArena(64);
  const vector = () => arena.allocate(weights.length * 4);
  const version = () => ({ weights: vector(), state: optimizer.state.map(vector) });
  const versions = [version(), version()] as const;
  const slot = vector();
  const scratch = arena.allocate(UPDATE_SCRATCH_BYTES);
  f32.set(weights, versions[0].weights >> 2);
  return gradients.map((gradient, step) => {
    f32.set(gradient, slot >> 2);
    const [from, to] = step % 2 === 0 ? versions : [versions[1], versions[0]];
    const slots = { base: slot, stride: 0, nodes: 1, samples: 1 };
    updateSlice(kernels, optimizer, { step, begin: 0, end: weights.length, from, to, slots, scratch });
    return [...f32.slice(to.weights >> 2, (to.weights >> 2) + weights.length)];
  });
}
