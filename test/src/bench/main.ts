/**
 * `npm run bench`: what `hivegrad bench` measures, and with it W1 on MNIST itself, the memory of a pool and the time
 * from a command to its first step. A table for people on standard error, JSON lines on standard output. `--quick`
 * is a look.
 */

import process from 'node:process';
import { planLayout } from '@hivegrad/worker/layout';
import { type BenchRecord, runBench, threadsText } from 'hivegrad/bench/bench';
import { median } from 'hivegrad/bench/measure';
import { benchTable, differingDigests } from 'hivegrad/bench/table';
import { bindWorkload, workloads } from 'hivegrad/bench/workloads';
import { formatBytes, formatDuration } from 'hivegrad/cli/format';
import { loadData } from 'hivegrad/data/load';
import { startToFirstStep } from './start.ts';

const quick = process.argv.includes('--quick');
const say = (text: string) => process.stderr.write(`${text}\n`);
const record = (entry: object) => process.stdout.write(`${JSON.stringify(entry)}\n`);

const [w1] = workloads;
if (w1 === undefined) throw new Error('There is no workload.');
const { train: mnist } = await loadData({ kind: 'mnist', scale: 'unit' }, { seed: 1 });
const onMnist = {
  ...w1,
  name: 'W1 on MNIST',
  description: `${w1.description}, real images`,
  train: () => mnist,
};
const skipping = {
  ...onMnist,
  name: 'W1 on MNIST, zeros skipped',
  description: `${onMnist.description}, columns of zeros left out`,
  skipZeros: true,
};
const all = [...workloads, onMnist, skipping];

const records: BenchRecord[] = [];
const windows = quick ? { windows: 3, windowMs: 150 } : { windows: 7, windowMs: 700 };
const onStart = (what: string) => say(`measuring ${what}`);
for await (const entry of runBench({ ...windows, workloads: all, threads: [1, 2], wide: true, onStart })) {
  records.push(entry);
  record(entry);
}
say(`\n${benchTable(records, all)}`);
const different = differingDigests(records);
say(
  different.length === 0
    ? 'weights are the same bits on 1 and 2 threads'
    : `weights DIFFER: ${different.join(', ')}`,
);

const { config, model, schedule } = bindWorkload(w1, mnist);
for (const threads of [1, 2, 8]) {
  const layout = planLayout({ ...config, model, schedule }, threads, mnist.samples);
  const { bytes, versions, parameters, slots, slotStride } = layout;
  const arenasBegin = layout.arenas[0] ?? bytes;
  const weightsBytes = versions.length * parameters * 4;
  record({ what: 'memory of W1', threads, bytes, weightsBytes });
  say(
    `memory of W1, ${threadsText(threads)}: ${formatBytes(weightsBytes)} for two versions of the weights, ` +
      `${formatBytes(arenasBegin - slots)} for gradients of ${formatBytes(slotStride)}, ` +
      `${formatBytes(bytes - arenasBegin)} for activations`,
  );
}

const startMs = median(await startToFirstStep(quick ? 1 : 5));
record({ what: 'start to first step', milliseconds: startMs });
say(
  `hivegrad train on MNIST, from the command to a checkpoint after its first steps: ${formatDuration(startMs)}`,
);
process.exitCode = different.length === 0 ? 0 : 1;
