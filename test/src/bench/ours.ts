/**
 * Ours in a contest: `node ours.js TASK THREADS [skip]`. With `skip` columns of zeros are left out of sums. Our data
 * stay bytes in shared memory, as a training loads them.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { machineRecord } from 'hivegrad/bench/bench';
import { matrixProduct } from 'hivegrad/bench/kernels';
import { openTrainer } from 'hivegrad/bench/trainer';
import { type Workload, workloads } from 'hivegrad/bench/workloads';
import { serve, type TrainingTask } from './serve.ts';

await serve(async (task) => {
  const threads = Number(process.argv[3] ?? 1);
  const { node, bits } = await machineRecord(true);
  const skipZeros = process.argv[4] === 'skip';
  const skipping = skipZeros ? ', columns of zeros left out of sums' : '';
  const description = `hivegrad, ${bits}-bit kernels${skipping}, Node ${node}`;
  if (task.kind === 'product') return { description, work: await matrixProduct(task.size, { wide: true }) };
  const workload = { ...workloadOf(task), skipZeros };
  const trainer = await openTrainer(workload, { threads, wide: true, train: datasetOf(task) });
  return { description, work: trainer.train, loss: trainer.loss };
});

/** The task's first word is the workload that it was made from; MNIST's task is "W1 on MNIST". */
function workloadOf(task: TrainingTask): Workload {
  const workload = workloads.find(({ name }) => name === task.name.split(' ')[0]);
  if (workload === undefined) throw new Error(`There is no workload ${task.name}.`);
  return workload;
}

function datasetOf({ samples, widths, features, targets }: TrainingTask): Dataset {
  const width = widths[0]!;
  const outputs = widths.at(-1)!;
  const rows = sharedFile(features.file);
  const targetRows = sharedFile(targets.file);
  return {
    samples,
    features:
      features.type === 'u8' ? { kind: 'u8', scale: 'unit', width, rows } : { kind: 'f32', width, rows },
    targets:
      targets.type === 'u32'
        ? { kind: 'classes', classes: outputs, names: [], rows: targetRows }
        : { kind: 'values', width: outputs, rows: targetRows },
    digest: '',
  };
}

function sharedFile(file: string): SharedArrayBuffer {
  const bytes = readFileSync(file);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}
