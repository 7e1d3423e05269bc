/** Learns the exclusive or from arrays: no file is read, and the network is asked about what it has learnt. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { predict, train } from 'hivegrad';

const features = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const samples = { features, targets: [0, 1, 1, 0] };

const directory = await mkdtemp(join(tmpdir(), 'hivegrad-example-'));
const out = join(directory, 'run');
const config = {
  data: { kind: 'memory', task: 'values' },
  model: {
    layers: [
      { type: 'dense', units: 8, activation: 'tanh' },
      { type: 'dense', units: 1 },
    ],
    loss: 'binaryCrossEntropy',
  },
  optimizer: { type: 'adam', learningRate: 0.05 },
  batchSize: 4,
  epochs: 200,
};
// There are four samples in all, so the network is tested on what it is trained on.
await train(config, { data: { train: samples, test: samples }, out, threads: 1 }).result;

const { rows: probabilities } = await predict(out, features, { threads: 1 });
for (const [i, [a, b]] of features.entries()) console.log(`${a} xor ${b} = ${Math.round(probabilities[i])}`);
await rm(directory, { recursive: true });
