/**
 * What a bench trains: four networks from one that fits in a cache to one that is all matrix products. Each is a
 * configuration as a user would write it, so that a bench trains through the same road, and a seeded data set.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { BoundConfig } from '../config/bind.ts';
import { bindToData } from '../config/bind.ts';
import { parseConfig } from '../config/document.ts';
import { resolveConfig } from '../config/resolve.ts';
import { syntheticImages, syntheticPoints } from './synthetic.ts';

export interface Workload {
  readonly name: string;
  /** For people: sizes of the layers and what trains them. */
  readonly description: string;
  /** Widths from the inputs to the outputs; the last layer has no activation. */
  readonly widths: readonly number[];
  readonly activation: 'relu' | 'tanh';
  readonly loss: ModelSpec['loss'];
  /** `adam` with its usual decays. */
  readonly optimizer: { readonly type: 'sgd' | 'adam'; readonly learningRate: number };
  readonly batchSize: number;
  readonly shardSize: number;
  /** What a rate counts; a step of W4 is one sample. */
  readonly unit: 'samples/s' | 'steps/s';
  /** Samples of an epoch. */
  readonly samples: number;
  readonly train: () => Dataset;
  /** Whether columns of zeros are left out of sums; by default all the work is done, as peers do it. */
  readonly skipZeros?: boolean;
}

const classification = { activation: 'relu', loss: 'softmaxCrossEntropy', unit: 'samples/s' } as const;
const images = (samples: number) => ({ samples, train: () => syntheticImages(1, samples, 784) });

export const workloads: readonly Workload[] = [
  {
    ...classification,
    ...images(60_000),
    name: 'W1',
    description: '784-128-10 relu, batch 32, sgd',
    widths: [784, 128, 10],
    optimizer: { type: 'sgd', learningRate: 0.01 },
    batchSize: 32,
    shardSize: 16,
  },
  {
    ...classification,
    ...images(12_800),
    name: 'W2',
    description: '784-512-512-10 relu, batch 128, adam',
    widths: [784, 512, 512, 10],
    optimizer: { type: 'adam', learningRate: 0.001 },
    batchSize: 128,
    shardSize: 32,
  },
  {
    ...classification,
    ...images(4_096),
    name: 'W3',
    description: '784-2048-2048-10 relu, batch 512, sgd',
    widths: [784, 2048, 2048, 10],
    optimizer: { type: 'sgd', learningRate: 0.01 },
    batchSize: 512,
    shardSize: 128,
  },
  {
    name: 'W4',
    description: '2-16-1 tanh, squared error, batch 1, sgd',
    widths: [2, 16, 1],
    activation: 'tanh',
    loss: 'squaredError',
    optimizer: { type: 'sgd', learningRate: 0.01 },
    batchSize: 1,
    shardSize: 1,
    unit: 'steps/s',
    samples: 200_000,
    train: () => syntheticPoints(4, 200_000),
  },
];

/** The workload as the configuration that a training of it would have, bound to `train`. */
export function bindWorkload(workload: Workload, train: Dataset): BoundConfig {
  const { widths, activation, loss, optimizer, batchSize, shardSize, name } = workload;
  const layers = widths.slice(1).map((units, i) => ({
    type: 'dense',
    units,
    activation: i + 2 < widths.length ? activation : 'identity',
  }));
  const settings = {
    name,
    // No data are loaded by it: a bench brings its own.
    data: { kind: 'mnist' },
    model: { layers, loss },
    optimizer,
    batchSize,
    shardSize,
    epochs: 1,
    seed: 1,
  };
  const { config } = resolveConfig(parseConfig(settings, name, '.'));
  return bindToData(config, {
    train,
    test: train,
    encoding: {
      input: { kind: 'numbers', width: train.features.width },
      target: { kind: 'values', names: [] },
    },
    description: name,
  });
}
