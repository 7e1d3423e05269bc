import type { Targets } from '@hivegrad/shared/data/dataset';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import { panelIndex } from '@hivegrad/shared/kernels/reference/shapes';
import { lossKinds } from '@hivegrad/shared/model/losses';
import type { Loss } from '@hivegrad/shared/model/spec';
import { type Evaluation, evaluatePredictions } from 'hivegrad/metrics/evaluation';
import { describe, expect, it } from 'vitest';
import { panelFloats } from '../conformance/arena.ts';
import { floats, integers } from '../conformance/data.ts';

const COUNT = 333;

/** What the kernels of training say of the same outputs: mean loss and share of right answers. */
function judged(loss: Loss, outputs: Float32Array, targets: Float32Array | Uint32Array, width: number) {
  const buffer = new ArrayBuffer(1 << 20);
  const kernels = createReferenceKernels(buffer);
  const panels = panelFloats(COUNT, width) * 4;
  const at = { outputs: 1024, answers: 1024 + panels, rows: 1024 + 2 * panels, targets: 1024 + 3 * panels };
  const [sums, scratch] = [1024 + 4 * panels, 2048 + 4 * panels];
  const values = new Float32Array(buffer);
  for (const [i, value] of outputs.entries()) {
    values[panelIndex(at.outputs / 4, width, Math.floor(i / width), i % width)] = value;
  }
  new Uint8Array(buffer).set(new Uint8Array(targets.buffer), at.targets);
  lossKinds[loss].answer(kernels, at.outputs, at.answers, COUNT, width);
  kernels.panelsToRows(at.answers, at.rows, COUNT, width, width);
  const predictions = values.slice(at.rows / 4, at.rows / 4 + COUNT * width);
  kernels[loss](at.outputs, at.targets, 0, at.answers, COUNT, width, 16, sums, scratch);
  const correct = new Uint32Array(buffer)[sums / 4 + 1]!;
  return { predictions, loss: values[sums / 4]! / COUNT, accuracy: correct / COUNT };
}

function evaluated(loss: Loss, targets: Float32Array | Uint32Array, width: number, scale: number) {
  const outputs = floats(COUNT * width, 5, 'plain').map((value) => value * scale);
  const fromKernels = judged(loss, outputs, targets, width);
  const rows = new SharedArrayBuffer(targets.byteLength);
  new Uint8Array(rows).set(new Uint8Array(targets.buffer));
  const names = Array.from({ length: width }, (_, i) => `name ${i}`);
  const described: Targets =
    loss === 'softmaxCrossEntropy'
      ? { kind: 'classes', classes: width, names, rows }
      : { kind: 'values', width, rows };
  const encoding = { kind: described.kind, names };
  const { predictions } = fromKernels;
  const evaluation: Evaluation = evaluatePredictions({ loss, predictions, targets: described, encoding });
  return { fromKernels, evaluation };
}

describe('an evaluation says of predictions what training says of the same outputs', () => {
  it('classes: the same accuracy', () => {
    const { fromKernels, evaluation } = evaluated('softmaxCrossEntropy', integers(COUNT, 3, 7), 7, 4);
    expect(evaluation).toMatchObject({ kind: 'classes', samples: COUNT, accuracy: fromKernels.accuracy });
  });

  it.each([1, 3])('probabilities of %i outputs: the same accuracy and loss', (width) => {
    const targets = Float32Array.from(integers(COUNT * width, 4, 2));
    const { fromKernels, evaluation } = evaluated('binaryCrossEntropy', targets, width, 3);
    expect(evaluation).toMatchObject({ kind: 'binary', samples: COUNT, accuracy: fromKernels.accuracy });
    expect(evaluation.kind === 'binary' && evaluation.logLoss).toBeCloseTo(fromKernels.loss, 5);
  });

  it('values: the mean loss is the squared error over all targets of a sample', () => {
    const targets = floats(COUNT * 2, 6, 'plain');
    const { fromKernels, evaluation } = evaluated('squaredError', targets, 2, 1);
    const rmse = evaluation.kind === 'values' ? evaluation.overall.rmse : Number.NaN;
    expect(2 * rmse * rmse).toBeCloseTo(fromKernels.loss, 5);
  });
});
