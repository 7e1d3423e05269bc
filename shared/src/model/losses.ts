/** What each loss expects and which kernel computes it together with its derivative. */

import type { Kernels, LossKernel } from '../kernels/kernels.ts';
import type { Loss } from './spec.ts';

export interface LossKind {
  /** One class index (u32) a sample, or as many float32 values as the network has outputs. */
  readonly targets: 'classes' | 'values';
  /** Whether a sample can be right or wrong, so that an accuracy means something. */
  readonly countsCorrect: boolean;
  kernel(kernels: Kernels): LossKernel;
}

export const lossKinds: Readonly<Record<Loss, LossKind>> = {
  squaredError: { targets: 'values', countsCorrect: false, kernel: (kernels) => kernels.squaredError },
  softmaxCrossEntropy: {
    targets: 'classes',
    countsCorrect: true,
    kernel: (kernels) => kernels.softmaxCrossEntropy,
  },
  binaryCrossEntropy: {
    targets: 'values',
    countsCorrect: true,
    kernel: (kernels) => kernels.binaryCrossEntropy,
  },
};
