/** The networks that are timed: W1 to W3 on MNIST's shape, W4 on points of the plane. */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import type { Activation, DenseSpec, Loss } from '@hivegrad/shared/model/spec';
import type { OptimizerSpec } from '@hivegrad/shared/optim/spec';
import { clouds, uniform } from '../support/datasets.ts';

export interface Workload {
  readonly name: string;
  /** For people: sizes of the layers and what trains them. */
  readonly description: string;
  readonly layers: readonly DenseSpec[];
  readonly loss: Loss;
  readonly optimizer: OptimizerSpec;
  readonly batchSize: number;
  readonly shardSize: number;
  /** What a rate counts. */
  readonly unit: 'samples/s' | 'steps/s';
  /** Samples of an epoch; enough for about a second. */
  readonly samples: number;
  readonly train: () => Dataset;
}

const sgd: OptimizerSpec = {
  type: 'sgd',
  learningRate: 0.01,
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
};
const adam: OptimizerSpec = {
  type: 'adam',
  learningRate: 0.001,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** Dense layers of the given widths, with `activation` on all but the last. */
function dense(activation: Activation, ...widths: readonly number[]): DenseSpec[] {
  return widths.map((units, i) => ({
    type: 'dense',
    units,
    activation: i + 1 < widths.length ? activation : 'identity',
    bias: 'unit',
    initializer: activation === 'relu' ? 'heNormal' : 'glorotUniform',
  }));
}

/** Bytes in MNIST's shape; no pixel is zero throughout, so nothing can be gained by leaving columns out. */
const images = (samples: number) => () => clouds(1, { samples, width: 784, classes: 10, bytes: true });

function points(samples: number): Dataset {
  const random = uniform(4);
  const rows = new Float32Array(new SharedArrayBuffer(samples * 8)).map(() => random() * 2 - 1);
  const targets = new Float32Array(new SharedArrayBuffer(samples * 4));
  for (let i = 0; i < samples; i++) targets[i] = rows[i * 2]! * rows[i * 2 + 1]!;
  const shared = new SharedArrayBuffer(samples * 8);
  new Float32Array(shared).set(rows);
  return {
    samples,
    features: { kind: 'f32', width: 2, rows: shared },
    targets: { kind: 'values', width: 1, rows: targets.buffer },
    digest: '',
  };
}

export const workloads: readonly Workload[] = [
  {
    name: 'W1',
    description: '784-128-10 relu, batch 32, sgd',
    layers: dense('relu', 128, 10),
    loss: 'softmaxCrossEntropy',
    optimizer: sgd,
    batchSize: 32,
    shardSize: 16,
    unit: 'samples/s',
    samples: 60_000,
    train: images(60_000),
  },
  {
    name: 'W2',
    description: '784-512-512-10 relu, batch 128, adam',
    layers: dense('relu', 512, 512, 10),
    loss: 'softmaxCrossEntropy',
    optimizer: adam,
    batchSize: 128,
    shardSize: 32,
    unit: 'samples/s',
    samples: 12_800,
    train: images(12_800),
  },
  {
    name: 'W3',
    description: '784-2048-2048-10 relu, batch 512, sgd',
    layers: dense('relu', 2048, 2048, 10),
    loss: 'softmaxCrossEntropy',
    optimizer: sgd,
    batchSize: 512,
    shardSize: 128,
    unit: 'samples/s',
    samples: 2_048,
    train: images(2_048),
  },
  {
    name: 'W4',
    description: '2-16-1 tanh, squared error, batch 1, sgd',
    layers: dense('tanh', 16, 1),
    loss: 'squaredError',
    optimizer: sgd,
    batchSize: 1,
    shardSize: 1,
    unit: 'steps/s',
    samples: 200_000,
    train: () => points(200_000),
  },
];
