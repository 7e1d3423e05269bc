import type { TargetEncoding, Targets } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import { evaluateClasses, matrixClassesMax } from './classes.ts';
import { evaluatePredictions, evaluationJson } from './evaluation.ts';
import { evaluateValues } from './values.ts';

const names = ['cat', 'dog', 'owl', 'bat'];
/** Rows that answer with these classes. */
const answers = (classes: readonly number[], width: number) =>
  Float32Array.from({ length: classes.length * width }, (_, i) =>
    classes[Math.floor(i / width)] === i % width ? 0.75 : 0.125,
  );
const shared = (values: Uint32Array | Float32Array) => {
  const rows = new SharedArrayBuffer(values.byteLength);
  new Uint8Array(rows).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return rows;
};
const classTargets = (labels: readonly number[], classes: number): Targets => ({
  kind: 'classes',
  classes,
  names: [],
  rows: shared(Uint32Array.from(labels)),
});
const valueTargets = (values: readonly number[], width: number): Targets => ({
  kind: 'values',
  width,
  rows: shared(Float32Array.from(values)),
});

describe('evaluateClasses', () => {
  // Worked by hand: 3 cats (one taken for a dog), 2 dogs, 3 owls (two taken for cats); nobody is a bat.
  const truth = [0, 0, 0, 1, 1, 2, 2, 2];
  const evaluation = evaluateClasses(answers([0, 0, 1, 1, 1, 2, 0, 0], 4), Uint32Array.from(truth), names);

  it('counts the confusion matrix, rows for the truth', () => {
    expect(evaluation.matrix).toEqual([
      [2, 1, 0, 0],
      [0, 2, 0, 0],
      [2, 0, 1, 0],
      [0, 0, 0, 0],
    ]);
    expect(evaluation.accuracy).toBe(5 / 8);
  });

  it('gives precision, recall and F1 of each class, and null where nothing was counted', () => {
    const { classes } = evaluation;
    expect(classes.map(({ precision }) => precision)).toEqual([2 / 4, 2 / 3, 1, null]);
    expect(classes.map(({ recall }) => recall)).toEqual([2 / 3, 1, 1 / 3, null]);
    expect(classes.map(({ f1 }) => f1)).toEqual([4 / 7, 4 / 5, 2 / 4, null]);
    expect(classes.map(({ support }) => support)).toEqual([3, 2, 3, 0]);
  });

  it('means are over the classes that have samples', () => {
    expect(evaluation.macro.precision).toBeCloseTo((2 / 4 + 2 / 3 + 1) / 3, 15);
    expect(evaluation.macro.recall).toBeCloseTo((2 / 3 + 1 + 1 / 3) / 3, 15);
    expect(evaluation.macro.f1).toBeCloseTo((4 / 7 + 4 / 5 + 1 / 2) / 3, 15);
  });

  it('lists mistakes by their number, and at equal numbers in the order of classes', () => {
    expect(evaluation.confusions).toEqual([
      { truth: 'owl', prediction: 'cat', count: 2, share: 2 / 3 },
      { truth: 'cat', prediction: 'dog', count: 1, share: 1 / 3 },
    ]);
  });

  it('takes the first of equal probabilities, and leaves a matrix out that nobody could look at', () => {
    const labels = Uint32Array.of(0, 1);
    expect(evaluateClasses(new Float32Array(8).fill(0.25), labels, names).accuracy).toBe(0.5);
    const many = Array.from({ length: matrixClassesMax + 1 }, (_, i) => `c${i}`);
    const large = evaluateClasses(new Float32Array(2 * many.length), labels, many);
    expect('matrix' in large).toBe(false);
    expect(large.confusions).toEqual([{ truth: 'c1', prediction: 'c0', count: 1, share: 1 }]);
  });
});

describe('evaluateValues', () => {
  it('gives errors of each target and over all, worked by hand', () => {
    const truth = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40);
    const predictions = Float32Array.of(1, 10, 2, 24, 4, 30, 4, 40);
    const { targets, overall } = evaluateValues(predictions, truth, { names: ['a', 'b'] });
    expect(targets[0]).toMatchObject({ name: 'a', rmse: 0.5, mae: 0.25, r2: 1 - 1 / 5, mean: 2.5 });
    expect(targets[1]).toMatchObject({ name: 'b', rmse: 2, mae: 1, r2: 1 - 16 / 500, mean: 25 });
    expect(overall).toEqual({ rmse: Math.sqrt(17 / 8), mae: 5 / 8, r2: (0.8 + (1 - 16 / 500)) / 2 });
    expect(targets[1]?.points).toEqual([
      [10, 10],
      [20, 24],
      [30, 30],
      [40, 40],
    ]);
  });

  it('answers in the original unit where targets were scaled', () => {
    const units = { names: ['mpg'], means: [20], deviations: [4] };
    const { targets } = evaluateValues(Float32Array.of(0.5, -1), Float32Array.of(1, -1), units);
    expect(targets[0]).toMatchObject({
      rmse: Math.sqrt(2),
      mae: 1,
      mean: 20,
      points: [
        [24, 22],
        [16, 16],
      ],
    });
  });

  it('has no R2 where all targets are equal, and shows at most 400 points at even distances', () => {
    const truth = new Float32Array(1000).fill(3);
    const { targets, overall } = evaluateValues(
      Float32Array.from(truth, (_, i) => i),
      truth,
      { names: ['x'] },
    );
    expect([targets[0]?.r2, overall.r2]).toEqual([null, null]);
    expect(targets[0]?.points.length).toBe(400);
    expect(targets[0]?.points.slice(0, 4)).toEqual([
      [3, 0],
      [3, 2],
      [3, 5],
      [3, 7],
    ]);
  });
});

describe('evaluatePredictions', () => {
  const noNames: TargetEncoding = { kind: 'values', names: [] };

  it('chooses by targets and loss, and numbers what has no name', () => {
    const predictions = Float32Array.of(0.25, 0.75);
    const classes = { loss: 'softmaxCrossEntropy', predictions, targets: classTargets([1], 2) } as const;
    const named = evaluatePredictions({ ...classes, encoding: { kind: 'classes', names: ['no', 'yes'] } });
    expect(named.kind === 'classes' && named.classes.map(({ name }) => name)).toEqual(['no', 'yes']);
    const numbered = evaluatePredictions({ ...classes, encoding: noNames });
    expect(numbered.kind === 'classes' && numbered.classes.map(({ name }) => name)).toEqual(['0', '1']);
    const values = { predictions, targets: valueTargets([0, 1], 1), encoding: noNames };
    expect(evaluatePredictions({ ...values, loss: 'binaryCrossEntropy' })).toMatchObject({
      kind: 'binary',
      accuracy: 1,
      outputs: [{ name: 'output 0', auc: 1 }],
    });
    expect(evaluatePredictions({ ...values, loss: 'squaredError' })).toMatchObject({
      kind: 'values',
      overall: { rmse: 0.25 },
    });
  });

  it('refuses an answer that is not finite by the number of its sample, and an empty set', () => {
    const targets = valueTargets([1, 2, 3, 4], 2);
    const input = { loss: 'squaredError', targets, encoding: noNames } as const;
    const bad = () => evaluatePredictions({ ...input, predictions: Float32Array.of(1, 2, 3, Infinity) });
    expect(bad).toThrow(expect.objectContaining({ code: 'DATA_NOT_A_NUMBER' }));
    expect(bad).toThrow('sample 1 is not finite');
    const none = { ...input, targets: valueTargets([], 1), predictions: new Float32Array(0) };
    expect(() => evaluatePredictions(none)).toThrow(expect.objectContaining({ code: 'DATA_EMPTY' }));
  });
});

it('evaluationJson writes an element a line and reads back as it was', () => {
  const evaluation = evaluateClasses(answers([0, 1, 1], 2), Uint32Array.of(0, 1, 0), ['a "b"', 'c']);
  const text = evaluationJson(evaluation);
  expect(JSON.parse(text)).toEqual(evaluation);
  expect(text).toContain('  "matrix": [\n    [1,1],\n    [0,1]\n  ]\n}\n');
});
