/** What each loss expects and which kernel computes it together with its derivative. */

import type { Kernels, LossKernel } from '../kernels/kernels.ts';
import { activationIds, panelBytes } from '../kernels/kernels.ts';
import type { Loss } from './spec.ts';

export interface LossKind {
  /** One class index (u32) a sample, or as many float32 values as the network has outputs. */
  readonly targets: 'classes' | 'values';
  /** Whether a sample can be right or wrong, so that an accuracy means something. */
  readonly countsCorrect: boolean;
  kernel(kernels: Kernels): LossKernel;
  /** From what the network gives to what it answers, panels to panels: probabilities, or the values themselves. */
  answer(kernels: Kernels, outputs: number, target: number, count: number, width: number): void;
}

/** The number of the logistic function, by which a logit becomes a probability. */
const { sigmoid } = activationIds;
const copy: LossKind['answer'] = (kernels, outputs, target, count, width) =>
  kernels.copy(outputs, target, panelBytes(count, width) >> 2);

export const lossKinds: Readonly<Record<Loss, LossKind>> = {
  squaredError: {
    targets: 'values',
    countsCorrect: false,
    kernel: (kernels) => kernels.squaredError,
    answer: copy,
  },
  softmaxCrossEntropy: {
    targets: 'classes',
    countsCorrect: true,
    kernel: (kernels) => kernels.softmaxCrossEntropy,
    answer: (kernels, outputs, target, count, width) => kernels.softmax(outputs, target, count, width),
  },
  binaryCrossEntropy: {
    targets: 'values',
    countsCorrect: true,
    kernel: (kernels) => kernels.binaryCrossEntropy,
    answer: (kernels, outputs, target, count, width) =>
      kernels.activate(sigmoid, outputs, target, panelBytes(count, width) >> 2),
  },
};
