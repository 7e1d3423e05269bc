import { expect, it } from 'vitest';
import { denseSpec } from './model.test.support.ts';
import { summarise } from './summary.ts';

it('lists each layer with its kind, output shape and number of parameters, and says which biases are unusual', () => {
  const layers = [
    denseSpec(128, { activation: 'relu' }),
    denseSpec(20, { activation: 'gelu', bias: 'layer' }),
    denseSpec(10, { activation: 'identity', bias: 'none' }),
  ];
  expect(summarise({ inputSize: 784, layers, loss: 'softmaxCrossEntropy' })).toEqual([
    { name: 'layers.0', kind: 'dense, relu', output: '(batch, 128)', parameters: 100_480 },
    { name: 'layers.1', kind: 'dense, gelu, one bias', output: '(batch, 20)', parameters: 2561 },
    { name: 'layers.2', kind: 'dense, identity, no bias', output: '(batch, 10)', parameters: 200 },
  ]);
});
