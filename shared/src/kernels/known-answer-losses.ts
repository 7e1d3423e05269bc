/** The losses among the calls of the known-answer test, without and with weights, and the probabilities. */

import { panelBytes, scratchBytes } from './kernels.ts';
import { special, type Workbench } from './known-answer-data.ts';

/** One weight for each sample: a subnormal, zeros of both signs, and ordinary ones. */
const weightsOf = (bench: Workbench, count: number) =>
  bench.floats(count, (i, pooled) => special[i] ?? Math.abs(pooled) * 3);

function softmaxCrossEntropy(bench: Workbench): void {
  const [count, classes] = [11, 10];
  // Sample 2 comes to subnormal probabilities; the classes of sample 5 are equal.
  const logits = bench.floats(panelBytes(count, classes) / 4, (i, pooled) => {
    const [feature, lane] = [(i >> 3) % classes, i & 7];
    if (lane === 2) return feature * -10.5;
    return lane === 5 ? 0.5 : pooled * 8;
  });
  const labels = bench.integers(count, (i) => (i === 5 ? 0 : (i * 7) % classes));
  const [dLogits, lossSums] = [bench.room(panelBytes(count, classes)), bench.room(8)];
  const scratch = bench.room(scratchBytes(count, classes));
  for (const weights of [0, weightsOf(bench, count)]) {
    bench.kernels.softmaxCrossEntropy(logits, labels, weights, dLogits, count, classes, 4, lossSums, scratch);
    bench.keepPanels(dLogits, count, classes);
    bench.keep(lossSums, 2);
  }
  bench.kernels.softmax(logits, logits, count, classes);
  bench.keepPanels(logits, count, classes);
}

function otherLosses(bench: Workbench): void {
  const [count, width] = [13, 3];
  const outputs = bench.panels('inputs', count, width);
  const logits = bench.floats(panelBytes(count, width) / 4, (i, pooled) => (i % 5 === 1 ? -95 : pooled * 8));
  const targets = bench.matrix('inputs', count, width);
  const classes = bench.floats(count * width, (i) => [0, 1, 0.25, 0.75][i & 3]!);
  const [d, lossSums] = [bench.room(panelBytes(count, width)), bench.room(8)];
  const scratch = bench.room(scratchBytes(count, width));
  for (const weights of [0, weightsOf(bench, count)]) {
    bench.kernels.squaredError(outputs, targets, weights, d, count, width, 2, lossSums, scratch);
    bench.keepPanels(d, count, width);
    bench.keep(lossSums, 2);
    bench.kernels.binaryCrossEntropy(logits, classes, weights, d, count, width, 2, lossSums, scratch);
    bench.keepPanels(d, count, width);
    bench.keep(lossSums, 2);
  }
}

export const losses: readonly ((bench: Workbench) => void)[] = [softmaxCrossEntropy, otherLosses];
