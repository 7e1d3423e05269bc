/**
 * `npm run bench`: what this machine does. Whole training steps through the real core and pool, the matrix product
 * by itself, the memory of a pool and the time from a command to its first step. A table for people on standard
 * error, JSON lines on standard output. Medians of several runs: quote them, and never a single one.
 */

import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import type { Layout } from '@hivegrad/worker/layout';
import { planLayout } from '@hivegrad/worker/layout';
import { matrixProduct, median, startToFirstStep, trainingRate } from './measure.ts';
import { workloads } from './workloads.ts';

const EPOCHS = 5;
const THREADS = [1, 2];

const say = (text: string) => process.stderr.write(`${text}\n`);
const record = (entry: object) => process.stdout.write(`${JSON.stringify(entry)}\n`);
const count = (value: number) => Math.round(value).toLocaleString('en');

const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: availableParallelism() };
record({ what: 'machine', ...machine });
say(`Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);

const gigaflops = median(matrixProduct(512));
record({ what: 'matrix product', size: 512, threads: 1, gigaflops });
say(`matrix product 512 x 512 x 512, one thread: ${gigaflops.toFixed(1)} GFLOP/s`);

for (const workload of workloads) {
  const rates = [];
  for (const threads of THREADS) {
    const { perSecond, digest } = await trainingRate(workload, threads, EPOCHS);
    const rate = median(perSecond);
    record({ what: workload.name, threads, rate, unit: workload.unit, runs: perSecond, digest });
    rates.push(`${count(rate)} ${workload.unit} on ${threads === 1 ? '1 thread' : `${threads} threads`}`);
  }
  say(`${workload.name} ${workload.description}, shards of ${workload.shardSize}: ${rates.join(', ')}`);
}

const [w1] = workloads;
const layoutOf = (threads: number): Layout => {
  const { layers, loss, optimizer, batchSize, shardSize } = w1!;
  const model = { inputSize: 784, layers, loss };
  return planLayout({ model, optimizer, batchSize, shardSize, seed: 1 }, threads, 60_000);
};
for (const threads of [1, 2, 8]) {
  const { bytes, versions, parameters, slots, slotStride, arenas } = layoutOf(threads);
  const weightsBytes = versions.length * parameters * 4;
  record({ what: 'memory of W1', threads, bytes, weightsBytes });
  say(
    `memory of W1, ${threads} threads: ${count(weightsBytes / 1000)} kB for two versions of the weights, ` +
      `${count((arenas[0]! - slots) / 1000)} kB for gradients of ${count(slotStride / 1000)} kB, ` +
      `${count((bytes - arenas[0]!) / 1000)} kB for activations`,
  );
}

const startMs = median(await startToFirstStep(5));
record({ what: 'start to first step', milliseconds: startMs });
say(`hivegrad train on MNIST, from the command to a checkpoint after its first steps: ${count(startMs)} ms`);
