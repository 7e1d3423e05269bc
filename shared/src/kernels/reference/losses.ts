/** Losses with their derivatives, one sample at a time; the order of operations is that of assembly/losses.ts. */

import { exp, log, log1p, sigmoid } from '../elementary.ts';
import type { Kernels, LossKernel } from '../kernels.ts';
import { nodeSum } from './reduce.ts';
import { panelIndex } from './shapes.ts';

const f = Math.fround;

/** Computes one sample's loss, stores its derivatives and says whether its answer is right. */
type SampleLoss = (
  outputs: number,
  targets: number,
  dOutputs: number,
  width: number,
  sample: number,
) => {
  loss: number;
  correct: boolean;
};

export function referenceLosses(
  v: Float32Array,
  words: Uint32Array,
): Pick<Kernels, 'softmaxCrossEntropy' | 'squaredError' | 'binaryCrossEntropy' | 'softmax'> {
  const overShards =
    (sampleLoss: SampleLoss): LossKernel =>
    (outputs, targets, weights, dOutputs, count, width, shardSize, sums) => {
      let correct = 0;
      v[sums >>> 2] = nodeSum(count, shardSize, (sample) => {
        const answer = sampleLoss(outputs, targets, dOutputs, width, sample);
        if (answer.correct) correct++;
        if (weights === 0) return answer.loss;
        const weight = v[(weights >>> 2) + sample]!;
        for (let i = 0; i < width; i++) {
          const index = panelIndex(dOutputs >>> 2, width, sample, i);
          v[index] = weight * v[index]!;
        }
        return f(weight * answer.loss);
      });
      words[(sums >>> 2) + 1] = correct;
    };

  /** Stores one sample's probabilities and answers what the loss needs. */
  const softmaxOf = (logits: number, target: number, classes: number, sample: number) => {
    const z = (i: number) => v[panelIndex(logits >>> 2, classes, sample, i)]!;
    const p = (i: number) => panelIndex(target >>> 2, classes, sample, i);
    let best = 0;
    for (let i = 1; i < classes; i++) if (z(i) > z(best)) best = i;
    const max = z(best);
    let sum = 0;
    for (let i = 0; i < classes; i++) {
      const e = f(exp(f(z(i) - max)));
      sum = f(sum + e);
      v[p(i)] = e;
    }
    for (let i = 0; i < classes; i++) v[p(i)] = v[p(i)]! / sum;
    return { best, max, sum };
  };

  return {
    softmax(logits, target, count, classes) {
      for (let sample = 0; sample < count; sample++) softmaxOf(logits, target, classes, sample);
    },

    softmaxCrossEntropy: overShards((logits, labels, dLogits, classes, sample) => {
      const label = words[(labels >>> 2) + sample]!;
      const { best, max, sum } = softmaxOf(logits, dLogits, classes, sample);
      const shifted = f(v[panelIndex(logits >>> 2, classes, sample, label)]! - max);
      const d = panelIndex(dLogits >>> 2, classes, sample, label);
      v[d] = v[d]! - 1;
      return { loss: f(f(log(sum)) - shifted), correct: best === label };
    }),

    squaredError: overShards((outputs, targets, dOutputs, width, sample) => {
      let loss = 0;
      for (let i = 0; i < width; i++) {
        const index = panelIndex(0, width, sample, i);
        const difference = f(v[(outputs >>> 2) + index]! - v[(targets >>> 2) + sample * width + i]!);
        v[(dOutputs >>> 2) + index] = 2 * difference;
        loss = f(loss + f(difference * difference));
      }
      return { loss, correct: false };
    }),

    binaryCrossEntropy: overShards((logits, targets, dLogits, width, sample) => {
      let loss = 0;
      let correct = true;
      for (let i = 0; i < width; i++) {
        const index = panelIndex(0, width, sample, i);
        const z = v[(logits >>> 2) + index]!;
        const target = v[(targets >>> 2) + sample * width + i]!;
        const tail = f(log1p(exp(-Math.abs(z))));
        const positive = z <= 0 ? 0 : z;
        loss = f(loss + f(f(positive - f(z * target)) + tail));
        v[(dLogits >>> 2) + index] = f(sigmoid(z)) - target;
        if (z > 0 !== target > 0.5) correct = false;
      }
      return { loss, correct };
    }),
  };
}
