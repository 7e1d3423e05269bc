/**
 * The worked numbers of the article this project follows, each through whole networks in float32. (Its prose above
 * equation (4) speaks of a cat; its numbers are those of a dog.)
 */

import type { DenseSpec, LayerSpec, ModelSpec } from '@hivegrad/shared/model/spec';
import { describe, expect, it } from 'vitest';
import { benchNetwork, engines } from '../support/bench-network.ts';

const linear = (units: number, bias: DenseSpec['bias']): LayerSpec => ({
  type: 'dense',
  units,
  activation: 'identity',
  bias,
  initializer: 'glorotUniform',
});

const model = (inputSize: number, layers: readonly LayerSpec[]): ModelSpec => ({
  inputSize,
  layers,
  loss: 'squaredError',
});

const planned = { samplesMax: 8, shardSize: 8 };

function expectPrinted(ours: number, printed: number): void {
  expect(Math.abs(ours - printed), `${ours} for ${printed}`).toBeLessThanOrEqual(1e-6 * Math.abs(printed));
}

describe.each(engines)('with %s kernels', (engine) => {
  it.each(['unit', 'layer'] as const)('equations (2) and (3) give h = 50 with a bias per %s', (bias) => {
    const network = benchNetwork(engine, model(2, [linear(1, bias)]), planned);
    network.weights = new Float32Array([0.2, 0.5, 3]);
    const { outputs } = network.gradient({ x: [[150, 34]], y: [[0]] }, 8);
    expectPrinted(outputs[0]![0]!, 50);
  });

  it('equation (4) gives a cost of 0.185, and (5) its mean over samples', () => {
    const network = benchNetwork(engine, model(2, [linear(2, 'none')]), planned);
    network.weights = new Float32Array([1, 0, 0, 1]);
    const sample = { x: [0.25, 0.65], y: [0, 1] };
    const costs = [1, 3].map((samples) => {
      const { x, y } = sample;
      const { loss, outputs } = network.gradient({ x: Array(samples).fill(x), y: Array(samples).fill(y) }, 8);
      expectPrinted(outputs[0]![0]!, 0.25);
      expectPrinted(outputs[0]![1]!, 0.65);
      return loss / samples;
    });
    for (const cost of costs) expectPrinted(cost, 0.185);
  });

  // h = w1 x = 0.0125 and y = w2 h + b = 1.2, so dJ/dw2 = 2 (1.2 - 1) 0.0125.
  const chain = model(1, [linear(1, 'none'), linear(1, 'unit')]);
  const weights = new Float32Array([0.0125, 0.1, 1.19875]);
  const samples = { x: [[1]], y: [[1]] };

  it('equation (11) gives dJ/dw2 = 0.005', () => {
    const network = benchNetwork(engine, chain, planned);
    network.weights = weights;
    const { gradient, outputs } = network.gradient(samples, 8);
    expectPrinted(outputs[0]![0]!, 1.2);
    expectPrinted(gradient[1]!, 0.005);
    // The rest of the chain, (7) for the bias and (15) for the first layer: 0.4 and 0.1 * 0.4.
    expectPrinted(gradient[2]!, 0.4);
    expectPrinted(gradient[0]!, 0.04);
  });

  it('equation (12) with eta = 0.01 takes w2 from 0.1 to 0.09995', () => {
    const optimizer = {
      type: 'sgd',
      learningRate: 0.01,
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
    } as const;
    const network = benchNetwork(engine, chain, { ...planned, optimizer });
    network.weights = weights;
    expectPrinted(network.step(samples, 8), 0.04);
    expectPrinted(network.weights[1]!, 0.09995);
  });
});
