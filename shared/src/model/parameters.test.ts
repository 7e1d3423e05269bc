import { describe, expect, it } from 'vitest';
import { denseSpec } from './model.test.support.ts';
import { outputSize, parameterCount, parametersOf } from './parameters.ts';
import type { ModelSpec } from './spec.ts';

const model: ModelSpec = {
  inputSize: 4,
  layers: [denseSpec(3), denseSpec(5, { bias: 'layer' }), denseSpec(2, { bias: 'none' })],
  loss: 'squaredError',
};

describe('parametersOf', () => {
  it('names, shapes and places the parameters of each layer, one behind the other', () => {
    expect(parametersOf(model)).toEqual([
      { name: 'layers.0.weight', layer: 0, shape: [3, 4], offset: 0, size: 12 },
      { name: 'layers.0.bias', layer: 0, shape: [3], offset: 12, size: 3 },
      { name: 'layers.1.weight', layer: 1, shape: [5, 3], offset: 15, size: 15 },
      { name: 'layers.1.bias', layer: 1, shape: [1], offset: 30, size: 1 },
      { name: 'layers.2.weight', layer: 2, shape: [2, 5], offset: 31, size: 10 },
    ]);
  });
});

describe('parameterCount', () => {
  it('is the length of the flat vector', () => {
    expect(parameterCount(model)).toBe(41);
    const mnist = [denseSpec(128, { activation: 'relu' }), denseSpec(10, { activation: 'identity' })];
    expect(parameterCount({ inputSize: 784, layers: mnist, loss: 'softmaxCrossEntropy' })).toBe(101_770);
  });

  it('is zero for a network without layers', () => {
    expect(parameterCount({ ...model, layers: [] })).toBe(0);
  });
});

describe('outputSize', () => {
  it('is the number of units of the last layer, or of inputs where there is none', () => {
    expect(outputSize(model)).toBe(2);
    expect(outputSize({ ...model, layers: [] })).toBe(4);
  });
});
