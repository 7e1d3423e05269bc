/**
 * The plain TypeScript twin of the SIMD kernels: one loop per formula, `Math.fround` around every single
 * operation. It is the judge of the fast ones and can train in their place. kernels.ts says what each does.
 */

import { cos, exp, expm1, log, log1p, sin, tanh } from '../elementary.ts';
import type { Kernels } from '../kernels.ts';
import { referenceClipping } from './clipping.ts';
import { referenceDense } from './dense.ts';
import { referenceDropout } from './dropout.ts';
import { referenceLosses } from './losses.ts';
import { referenceOptimizers } from './optimizers.ts';
import { referenceReductions } from './reduce.ts';
import { referenceShapes } from './shapes.ts';
import { referenceWindows } from './windows.ts';

/** In the order of `elementaryIds`. */
const elementary = [exp, expm1, log, log1p, tanh, sin, cos] as const;

/** The kernels over a memory whose buffer does not grow. */
export function createReferenceKernels(buffer: ArrayBufferLike): Kernels {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  return {
    ...referenceShapes(floats, new Uint8Array(buffer)),
    ...referenceWindows(words),
    ...referenceDense(floats),
    ...referenceDropout(floats),
    ...referenceLosses(floats, words),
    ...referenceReductions(floats),
    ...referenceClipping(floats),
    ...referenceOptimizers(floats),
    copy(source, target, length) {
      words.copyWithin(target >>> 2, source >>> 2, (source >>> 2) + length);
    },
    map(f, source, target, length) {
      const apply = elementary[f] ?? cos;
      for (let i = 0; i < length; i++) floats[(target >>> 2) + i] = apply(floats[(source >>> 2) + i]!);
    },
  };
}
