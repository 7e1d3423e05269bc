/** Times whole trainings (the real core, pool and optimizer, without the disk), the matrix product, and the start. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createArena } from '@hivegrad/shared/kernels/arena';
import { activationIds, biasModeIds, scratchBytes } from '@hivegrad/shared/kernels/kernels';
import { createMemory, instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { initialWeights } from '@hivegrad/shared/model/initialise';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import { openPool } from '@hivegrad/worker/pool';
import { runTraining } from 'hivegrad/run';
import { startOfRun } from 'hivegrad/training/core';
import { kernelModule } from '../support/bench-network.ts';
import type { Workload } from './workloads.ts';

const cli = fileURLToPath(new URL('../../../coordinator/dist/cli/main.js', import.meta.url));
const mnist = fileURLToPath(new URL('../../../coordinator/examples/mnist.json', import.meta.url));

export interface Rate {
  /** Per second, in the workload's unit, of each measured epoch. */
  readonly perSecond: readonly number[];
  readonly digest: string;
}

/** Trains `epochs` epochs after one to warm up. */
export async function trainingRate(workload: Workload, threads: number, epochs: number): Promise<Rate> {
  const { layers, loss, optimizer, batchSize, shardSize } = workload;
  const train = workload.train();
  const inputSize = train.features.width;
  const model = { inputSize, layers, loss };
  // The rates are those of training: one sample is all that is evaluated at the end of an epoch.
  const test = { ...train, samples: 1 };
  const pool = await openPool({
    spec: { model, optimizer, batchSize, shardSize, seed: 1 },
    train,
    test,
    threads,
  });
  try {
    const states = optimizerOf(optimizer).state.length;
    pool.setVersion(0, initialWeights(model, 1), new Float32Array(states * pool.layout.parameters));
    const ends: number[] = [];
    const result = await runTraining(
      {
        pool,
        store: { ...noStore },
        log: { append: () => {}, flush: async () => {}, close: async () => {} },
        model,
        parameters: parametersOf(model),
        optimizer,
        configDigest: '',
        dataDigest: '',
      },
      {
        stepsPerEpoch: Math.ceil(train.samples / batchSize),
        epochs: epochs + 1,
        metricsEverySteps: Number.MAX_SAFE_INTEGER,
        checkpointSeconds: 86_400,
        progress: startOfRun,
        resumed: false,
        onMetrics: (line) => {
          if (line.kind === 'epoch') ends.push(performance.now());
        },
      },
    );
    const perSecond = ends.slice(1).map((end, i) => (train.samples * 1000) / (end - ends[i]!));
    return { perSecond, digest: result.weightsDigest };
  } finally {
    await pool.close();
  }
}

/** GFLOP/s of products of n x n matrices in this thread: a dense layer of n units on n samples of n features. */
export function matrixProduct(n: number): readonly number[] {
  const floats = n * n;
  const memory = createMemory(4 * floats * 3 + 2 ** 20);
  const kernels = instantiateKernels(kernelModule, memory);
  new Float32Array(memory.buffer).fill(0.5);
  const arena = createArena(64);
  const [weights, input, output] = [0, 1, 2].map(() => arena.allocate(floats * 4)) as [
    number,
    number,
    number,
  ];
  const scratch = arena.allocate(scratchBytes(8, 8));
  const { none } = biasModeIds;
  const { identity } = activationIds;
  const run = () => kernels.denseForward(weights, 0, none, input, output, output, n, n, n, identity, scratch);
  for (let i = 0; i < 20; i++) run();
  return Array.from({ length: 9 }, () => {
    const begin = performance.now();
    for (let i = 0; i < 10; i++) run();
    return (10 * 2 * n ** 3) / (performance.now() - begin) / 1e6;
  });
}

/**
 * Milliseconds from the start of `hivegrad train` on MNIST to its end, when it is told to stop as soon as it
 * trains: the start, the first steps and a checkpoint.
 */
export async function startToFirstStep(runs: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const out = mkdtempSync(join(tmpdir(), 'hivegrad-bench-'));
    const begin = performance.now();
    const child = spawn(process.execPath, [cli, 'train', mnist, '--out', join(out, 'run')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(' into ')) child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    times.push(performance.now() - begin);
    rmSync(out, { recursive: true });
    if (code !== 0) throw new Error(`training ended with ${code}`);
  }
  return times;
}

const nothing = () => Promise.reject(new Error('a benchmark keeps no checkpoints'));
const noStore = {
  path: () => '',
  steps: async () => [],
  save: async () => {},
  latest: nothing,
  read: nothing,
  removeAfter: async () => {},
};

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
