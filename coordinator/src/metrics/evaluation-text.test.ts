import { describe, expect, it } from 'vitest';
import { evaluateBinary } from './binary.ts';
import { evaluateClasses } from './classes.ts';
import { evaluationText } from './evaluation-text.ts';
import { evaluateValues } from './values.ts';

/** `perClass` samples a class, of which the k-th of class c is answered with c + (k % period === 0 ? 1 : 0). */
function classes(names: readonly string[], perClass: number, period: (label: number) => number) {
  const labels = Uint32Array.from({ length: names.length * perClass }, (_, i) => Math.floor(i / perClass));
  const predictions = new Float32Array(labels.length * names.length);
  for (const [i, label] of labels.entries()) {
    const answer = (label + (i % period(label) === 0 ? 1 : 0)) % names.length;
    predictions[i * names.length + answer] = 1;
  }
  return evaluateClasses(predictions, labels, names);
}
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('evaluationText', () => {
  it('shows the matrix, the scores of each class and the most frequent mistakes', () => {
    const text = evaluationText(classes(['cat', 'dog', 'owl'], 4, (label) => (label === 1 ? 2 : 99)));
    expect(text.split('\n')).toEqual([
      'accuracy 75.00 % on 12 samples',
      'means over the classes: precision 77.78 %, recall 75.00 %, F1 74.29 %',
      '',
      'Confusion matrix (row: true class, column: predicted class):',
      '     cat  dog  owl',
      'cat    3    1    .',
      'dog    .    2    2',
      'owl    .    .    4',
      '',
      'Class  Precision    Recall       F1  Samples',
      'cat     100.00 %   75.00 %  85.71 %        4',
      'dog      66.67 %   50.00 %  57.14 %        4',
      'owl      66.67 %  100.00 %  80.00 %        4',
      '',
      'Most frequent mistakes:',
      'dog taken for owl  2  (50.00 % of the class)',
      'cat taken for dog  1  (25.00 % of the class)',
    ]);
  });

  it('fits ten classes with long names and many samples in 100 columns', () => {
    const names = Array.from({ length: 10 }, (_, i) => `a class with quite a long name ${i}`);
    const text = evaluationText(classes(names, 12_000, () => 3));
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(text.split('\n')[5]).toMatch(/^0 a class with quite a … +8,000 +4,000/);
  });

  it('shows the worst of many classes and where all of them are', () => {
    const names = Array.from({ length: 30 }, (_, i) => `kind-${i}`);
    const text = evaluationText(
      classes(names, 20, (label) => (label === 7 ? 2 : 99)),
      {
        whole: 'runs/a/report.html',
      },
    );
    expect(text).not.toContain('Confusion matrix');
    expect(text).toContain('\n\nThe 10 classes of 30 with the lowest F1:\nClass');
    expect(text.split('\n')[5]).toMatch(/^kind-7 /);
    expect(text.endsWith('\n\nAll classes: runs/a/report.html')).toBe(true);
    expect(widest(text)).toBeLessThanOrEqual(100);
  });

  it('shows outputs that are probabilities', () => {
    const evaluation = evaluateBinary(Float32Array.of(0.75, 0.25), Float32Array.of(1, 0), ['ill']);
    expect(evaluationText(evaluation).split('\n')).toEqual([
      'accuracy 100.00 %, log loss 0.2877 on 2 samples',
      '',
      'Output  Accuracy     AUC  Precision    Recall        F1  Log loss  Positive',
      'ill     100.00 %  1.0000   100.00 %  100.00 %  100.00 %    0.2877         1',
    ]);
  });

  it('shows targets that are values, and a line for all of several', () => {
    const truth = Float32Array.of(1, 10, 2, 20);
    const text = evaluationText(evaluateValues(Float32Array.of(1, 10, 3, 20), truth, { names: ['x', 'y'] }));
    expect(text.split('\n').slice(2)).toEqual([
      'Target    RMSE     MAE       R²',
      'x       0.7071  0.5000  -1.0000',
      'y            0       0   1.0000',
      'all     0.5000  0.2500   0.0000',
    ]);
  });
});
