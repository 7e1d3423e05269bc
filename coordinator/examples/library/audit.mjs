/**
 * Checks a step of somebody's training bit for bit: computes the gradients of two nodes of its mini-batch here, as two
 * other computers would, adds them, and compares what follows with the weights that the training went on with.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochOrder, gradient, train } from 'hivegrad';

const directory = await mkdtemp(join(tmpdir(), 'hivegrad-example-'));
const samples = Array.from({ length: 32 }, (_, i) => ({ x: [i / 32, (i % 5) / 4], y: (i * i) / 1024 }));
const file = join(directory, 'samples.csv');
await writeFile(file, ['a,b,y', ...samples.map(({ x, y }) => [...x, y].join())].join('\n'));

// Mini-batches of all samples in shards of 8, so that an epoch is a step; w' = w - 0.5 mean gradient.
const [seed, shardSize, learningRate] = [7, 8, 0.5];
const config = (epochs) => ({
  data: { kind: 'csv', train: file, test: file, target: 'y', task: 'values', standardize: false },
  model: {
    layers: [
      { type: 'dense', units: 6, activation: 'sigmoid' },
      { type: 'dropout', rate: 0.25 },
      { type: 'dense', units: 1 },
    ],
  },
  optimizer: { type: 'sgd', learningRate },
  batchSize: samples.length,
  shardSize,
  epochs,
  seed,
});
const before = await train(config(3)).result;
const after = await train(config(4)).result;

// Step number 3, counted from 0, is the whole of epoch number 3.
const step = 3;
const batch = [...epochOrder(seed, step, samples.length)].map((sample) => samples[sample]);
const node = (begin, end) => {
  const rows = batch.slice(begin, end);
  const inputs = rows.flatMap(({ x }) => x);
  const targets = rows.map(({ y }) => y);
  return gradient(before.model, before.weights, inputs, targets, { shardSize, seed, step, begin });
};
const [left, right] = [await node(0, 16), await node(16, 32)];
const audited = before.weights.map((weight, i) => {
  const mean = Math.fround(Math.fround(left.gradient[i] + right.gradient[i]) / samples.length);
  return weight - Math.fround(learningRate * mean);
});
const equal = audited.filter((weight, i) => Object.is(weight, after.weights[i])).length;
console.log(`${equal} of ${after.weights.length} weights have the bits of the training`);
await rm(directory, { recursive: true });
