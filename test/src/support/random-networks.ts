/** Random networks with their weights and samples, for property tests: everything that a specification can say. */

import { activationIds, biasModeIds } from '@hivegrad/shared/kernels/kernels';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { Activation, BiasMode, Loss } from '@hivegrad/shared/model/spec';
import fc from 'fast-check';
import type { Samples } from './bench-network.ts';
import { uniform } from './datasets.ts';
import type { DenseModel } from './float64-network.ts';

export interface RandomNetwork {
  readonly model: DenseModel;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly count: number;
  readonly shardSize: number;
}

const names = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];
const widths = fc.integer({ min: 1, max: 20 });

const layer = fc.record({
  type: fc.constant('dense' as const),
  units: widths,
  activation: fc.constantFrom(...names<Activation>(activationIds)),
  bias: fc.constantFrom(...names<BiasMode>(biasModeIds)),
  initializer: fc.constant('glorotUniform' as const),
});

const model: fc.Arbitrary<DenseModel> = fc.record({
  inputSize: widths,
  layers: fc.array(layer, { minLength: 1, maxLength: 4, size: 'max' }),
  loss: fc.constantFrom(...names<Loss>(lossKinds)),
});

/** Networks of one to four layers of 1 to 20 units, with 1 to `samplesMax` samples in shards of any size. */
export function randomNetworks(samplesMax = 20): fc.Arbitrary<RandomNetwork> {
  const counts = fc.integer({ min: 1, max: samplesMax });
  const parts = fc.record({
    model,
    count: counts,
    shardSize: counts,
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  });
  return parts.map(({ model, count, shardSize, seed }) => {
    const random = uniform(seed);
    /** In [-limit, limit), as float32 so that both sides begin with the same number. */
    const signed = (limit: number) => Math.fround((2 * random() - 1) * limit);
    // Of variance 1 / fanIn: answers stay near 1 however deep the network is.
    const weights = new Float32Array(parameterCount(model));
    let at = 0;
    let inputs = model.inputSize;
    for (const { units, bias } of model.layers) {
      for (let i = 0; i < units * inputs; i++) weights[at++] = signed(Math.sqrt(3 / inputs));
      const biases = bias === 'none' ? 0 : bias === 'layer' ? 1 : units;
      for (let i = 0; i < biases; i++) weights[at++] = signed(0.5);
      inputs = units;
    }
    const rows = (width: number, value: () => number) =>
      Array.from({ length: count }, () => Array.from({ length: width }, value));
    const x = rows(model.inputSize, () => signed(1.5));
    const y = {
      softmaxCrossEntropy: () => rows(1, () => Math.floor(random() * inputs)).flat(),
      binaryCrossEntropy: () => rows(inputs, () => Math.fround(random())),
      squaredError: () => rows(inputs, () => signed(2)),
    }[model.loss]();
    return { model, weights, samples: { x, y }, count, shardSize };
  });
}
