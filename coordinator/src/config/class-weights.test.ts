import type { Dataset } from '@hivegrad/shared/data/dataset';
import { describe, expect, it } from 'vitest';
import { weightClasses } from './class-weights.ts';

function dataset(labels: readonly number[], own?: readonly number[]): Dataset {
  const rows = new SharedArrayBuffer(labels.length * 4);
  new Uint32Array(rows).set(labels);
  const weights = new SharedArrayBuffer(labels.length * 4);
  new Float32Array(weights).set(own ?? []);
  return {
    samples: labels.length,
    features: { kind: 'f32', width: 1, rows: new SharedArrayBuffer(labels.length * 4) },
    targets: { kind: 'classes', classes: 3, names: ['ant', 'bee', 'cat'], rows },
    ...(own && { weights }),
    digest: 'd',
  };
}

const weightsOf = ({ weights }: Dataset) =>
  weights === undefined ? undefined : [...new Float32Array(weights)];

describe('weightClasses', () => {
  it('gives each sample the weight of its class, by order or by name', () => {
    expect(weightsOf(weightClasses(dataset([2, 0, 1]), [1, 0.5, 4]))).toEqual([4, 1, 0.5]);
    expect(weightsOf(weightClasses(dataset([2, 0, 1]), { cat: 3, bee: 0 }))).toEqual([3, 1, 0]);
  });

  it('balances classes so that each weighs the same and all samples weigh their number', () => {
    const balanced = weightsOf(weightClasses(dataset([0, 0, 0, 0, 1, 2]), 'balanced'))!;
    expect(balanced).toEqual([0.5, 0.5, 0.5, 0.5, 2, 2]);
  });

  it('multiplies the weight that a sample has of its own', () => {
    expect(weightsOf(weightClasses(dataset([1, 1, 0], [2, 0, 5]), [1, 0.25, 1]))).toEqual([0.5, 0, 5]);
  });

  it('changes nothing where there are no class weights, and never the digest', () => {
    const plain = dataset([0, 1]);
    expect(weightClasses(plain, null)).toBe(plain);
    expect(weightClasses(plain, 'balanced').digest).toBe('d');
    expect(weightsOf(plain)).toBeUndefined();
  });

  it('refuses weights that do not fit the classes', () => {
    expect(() => weightClasses(dataset([0]), [1, 2])).toThrow(
      'classWeights has 2 numbers, but the data has 3 classes',
    );
    expect(() => weightClasses(dataset([0]), { bea: 1 })).toThrow(
      'classWeights names the class "bea", which the data does not have; it has "bee"',
    );
    const values: Dataset = {
      ...dataset([0]),
      targets: { kind: 'values', width: 1, rows: new SharedArrayBuffer(4) },
    };
    expect(() => weightClasses(values, 'balanced')).toThrow('classWeights need targets that are classes');
  });
});
