/** An optimizer on a few parameters with the plain kernels, step after step. */

import { createArena } from '../kernels/arena.ts';
import { createReferenceKernels } from '../kernels/reference/reference.ts';
import { squaresBlocks } from './clipping.ts';
import { optimizerOf } from './optimizers.ts';
import type { OptimizerSpec } from './spec.ts';
import { constantRate, noClipping } from './spec.ts';
import type { UpdateRule } from './update.ts';
import { sliceUpdater, UPDATE_SCRATCH_BYTES } from './update.ts';

/** The weights after each step that `optimizer` takes on the gradients, one row a step. */
export function steps(
  spec: OptimizerSpec,
  weights: readonly number[],
  gradients: readonly (readonly number[])[],
  changes: Partial<UpdateRule> = {},
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
  const rule = { optimizer: spec, schedule: constantRate, clipping: noClipping, ...changes };
  const parameters = weights.length;
  const squares = arena.allocate(squaresBlocks(parameters) * 8);
  const updater = sliceUpdater(kernels, rule, { versions, scratch, squares, buffer, parameters });
  f32.set(weights, versions[0].weights >> 2);
  return gradients.map((gradient, step) => {
    f32.set(gradient, slot >> 2);
    const to = versions[((step + 1) & 1) as 0 | 1];
    const slots = { base: slot, stride: 0, nodes: 1, samples: 1 };
    const slice = { step, begin: 0, end: parameters, slots };
    if (updater.needsSquares) updater.sumSquares(slice);
    updater.update(slice);
    return [...f32.slice(to.weights >> 2, (to.weights >> 2) + weights.length)];
  });
}
