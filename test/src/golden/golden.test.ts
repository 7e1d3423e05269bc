/** The golden set: networks, gradients and ten steps under seven optimizers, computed in float64 elsewhere. */

import { readdirSync, readFileSync } from 'node:fs';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import type { DenseSpec, ModelSpec } from '@hivegrad/shared/model/spec';
import type { OptimizerSpec } from '@hivegrad/shared/optim/spec';
import { describe, expect, it } from 'vitest';
import type { Samples } from '../support/bench-network.ts';
import { benchNetwork, engines } from '../support/bench-network.ts';

interface GoldenCase {
  readonly name: string;
  readonly inputSize: number;
  readonly layers: readonly Omit<DenseSpec, 'initializer'>[];
  readonly loss: ModelSpec['loss'];
  readonly parameters: readonly { name: string; shape: number[]; data: number[] }[];
  readonly x: number[][];
  readonly y: number[] | number[][];
  readonly output: number[][];
  readonly cost: number;
  readonly gradients: number[][];
  readonly training: readonly {
    optimizer: { type: string };
    losses: number[];
    finalWeights: number[][] | null;
  }[];
}

const folder = new URL('../../golden/', import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenCase);

const optimizerDefaults: Record<string, object> = {
  sgd: { momentum: 0, nesterov: false, weightDecay: 0 },
  adam: { weightDecay: 0 },
  rmsprop: { weightDecay: 0 },
  adagrad: { weightDecay: 0 },
};

const modelOf = ({ inputSize, layers, loss }: GoldenCase): ModelSpec => ({
  inputSize,
  layers: layers.map((layer) => ({ ...layer, initializer: 'glorotUniform' })),
  loss,
});

/** |ours - reference| <= tolerance * max |reference|, per tensor. */
function expectClose(
  ours: ArrayLike<number>,
  reference: readonly number[],
  tolerance: number,
  what: string,
): void {
  const scale = Math.max(...reference.map(Math.abs));
  const worst = Math.max(...reference.map((value, i) => Math.abs(value - ours[i]!)));
  expect(worst, `${what}: worst difference ${worst} on a scale of ${scale}`).toBeLessThanOrEqual(
    tolerance * scale,
  );
  expect(ours.length).toBe(reference.length);
}

it('has all eight cases', () => {
  expect(cases.map(({ name }) => name)).toEqual([
    'binary-softplus-nobias',
    'classes-mixed',
    'classes-relu',
    'regression-deep-tanh',
    'regression-identity',
    'regression-shared-bias',
    'single-sample',
    'wide',
  ]);
});

describe.each(engines)('with %s kernels', (engine) => {
  describe.each(cases)('$name', (golden) => {
    const model = modelOf(golden);
    const parameters = parametersOf(model);
    const weights = new Float32Array(golden.parameters.flatMap(({ data }) => data));
    const samples: Samples = { x: golden.x, y: golden.y };
    const count = golden.x.length;
    const planned = { samplesMax: count, shardSize: count };
    const perTensor = (flat: Float32Array, reference: number[][], tolerance: number) => {
      for (const [i, { name, offset, size }] of parameters.entries()) {
        expectClose(flat.subarray(offset, offset + size), reference[i]!, tolerance, name);
      }
    };

    it('names and shapes its parameters as PyTorch does', () => {
      expect(parameters.map(({ name, shape }) => ({ name, shape }))).toEqual(
        golden.parameters.map(({ name, shape }) => ({ name, shape })),
      );
    });

    it.each([...new Set([1, 3, 8, count])])(
      'gives outputs, cost and gradients in shards of %i',
      (shardSize) => {
        const network = benchNetwork(engine, model, { ...planned, shardSize });
        network.weights = weights;
        const { gradient, loss, outputs } = network.gradient(samples, shardSize);
        expectClose(outputs.flat(), golden.output.flat(), 1e-5, 'outputs');
        expect(Math.abs(loss / count - golden.cost)).toBeLessThanOrEqual(1e-5 * golden.cost);
        perTensor(
          gradient.map((sum) => sum / count),
          golden.gradients,
          1e-5,
        );
      },
    );

    it.each(golden.training)('follows ten steps of $optimizer', ({ optimizer, losses, finalWeights }) => {
      const spec = { ...optimizerDefaults[optimizer.type], ...optimizer } as OptimizerSpec;
      const network = benchNetwork(engine, model, { ...planned, optimizer: spec });
      network.weights = weights;
      for (const reference of losses) {
        expect(Math.abs(network.step(samples, count) - reference)).toBeLessThanOrEqual(1e-5 * reference);
      }
      if (finalWeights !== null) perTensor(network.weights, finalWeights, 1e-5);
    });
  });
});
