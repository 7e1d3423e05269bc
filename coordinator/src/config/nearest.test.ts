import { describe, expect, it } from 'vitest';
import { editDistance, nearest, nearestFirst } from './nearest.ts';

describe('editDistance', () => {
  it('counts insertions, deletions, substitutions and swapped neighbours as one each', () => {
    const pairs = [
      ['', ''],
      ['', 'abc'],
      ['kitten', 'sitting'],
      ['adma', 'adam'],
      ['rleu', 'relu'],
      ['units', 'unit'],
      ['ca', 'abc'],
    ] as const;
    expect(pairs.map(([a, b]) => editDistance(a, b))).toEqual([0, 3, 3, 1, 1, 1, 3]);
  });
});

describe('nearest', () => {
  const known = ['type', 'learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay'];

  it('finds a name that differs by case, separators or a few letters', () => {
    expect(
      ['learningrate', 'learning_rate', 'lerningRate', 'weigthDecay', 'epsilo'].map((w) => nearest(w, known)),
    ).toEqual(['learningRate', 'learningRate', 'learningRate', 'weightDecay', 'epsilon']);
  });

  it('reads initials as the name they abbreviate', () => {
    expect(nearest('lr', known)).toBe('learningRate');
  });

  it('reads the first letters of a name as the name, from three on', () => {
    expect(['weight', 'eps', 'ep'].map((w) => nearest(w, known))).toEqual([
      'weightDecay',
      'epsilon',
      undefined,
    ]);
  });

  it('guesses nothing when no name is near', () => {
    expect(['momentum', 'x', '', 'q'.repeat(10_000)].map((w) => nearest(w, known))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(nearest('anything', [])).toBeUndefined();
  });

  it('lists every name, nearest first', () => {
    expect(nearestFirst('adamq', ['sgd', 'adagrad', 'adam', 'adamw'])).toEqual([
      'adam',
      'adamw',
      'adagrad',
      'sgd',
    ]);
  });
});
