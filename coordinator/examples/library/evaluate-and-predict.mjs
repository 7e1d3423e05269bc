/** Trains into a directory, asks what the network is worth, and lets it answer on rows that it has never seen. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, predict, train } from 'hivegrad';
import { iris } from './iris.mjs';

const directory = await mkdtemp(join(tmpdir(), 'hivegrad-example-'));
const run = join(directory, 'run');
await train(iris, { out: run }).result;

const { samples, loss, accuracy } = await evaluate(run, { on: 'train' });
console.log(`accuracy ${accuracy} and loss ${loss.toPrecision(3)} on ${samples} training samples`);

const file = join(directory, 'new.csv');
await writeFile(
  file,
  'sepalLength,sepalWidth,petalLength,petalWidth\n5.0,3.4,1.5,0.2\n6.0,2.9,4.5,1.5\n6.7,3.0,5.6,2.3\n',
);
const { names, rows } = await predict(run, file);
for (let row = 0; row < rows.length; row += names.length) {
  const probabilities = [...rows.subarray(row, row + names.length)];
  const best = Math.max(...probabilities);
  console.log(`${names[probabilities.indexOf(best)]} with probability ${best.toFixed(2)}`);
}
await rm(directory, { recursive: true });
