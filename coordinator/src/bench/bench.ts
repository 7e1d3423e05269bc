/**
 * What this machine does: the matrix product and the copy of memory on one thread, then each workload on each number
 * of threads. Out: one record after the other, as JSON holds them; nothing is printed here.
 */

import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { loadWideKernels } from '../workers/local-pool.ts';
import { COPY_BYTES, matrixProduct, memoryCopy, productFlops } from './kernels.ts';
import { median, type Work, warmUp } from './measure.ts';
import { openTrainer } from './trainer.ts';
import type { Workload } from './workloads.ts';

export interface MachineRecord {
  readonly what: 'machine';
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Registers that the kernels use. */
  readonly bits: 128 | 256;
}

export interface RateRecord {
  /** `matrix product`, `memory copy`, or the name of a workload. */
  readonly what: string;
  readonly threads: number;
  /** The median of `runs`, per second. */
  readonly rate: number;
  readonly unit: 'GFLOP/s' | 'GB/s' | 'samples/s' | 'steps/s';
  readonly runs: readonly number[];
  /** SHA-256 of the weights after {@link DIGEST_STEPS} steps; of workloads only. */
  readonly digest?: string;
}

export type BenchRecord = MachineRecord | RateRecord;

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  /** Numbers of threads to measure. */
  readonly threads: readonly number[];
  /** Whether engines that can use 256-bit registers do. */
  readonly wide: boolean;
  readonly windows: number;
  readonly windowMs: number;
  /** Told what is measured next. */
  readonly onStart?: (what: string) => void;
}

/** Side of the matrices of the product. */
export const PRODUCT_SIZE = 512;
/** After so many steps the weights are compared between numbers of threads. */
export const DIGEST_STEPS = 8;

export async function* runBench(options: BenchOptions): AsyncGenerator<BenchRecord, void, void> {
  const { wide, onStart = () => {} } = options;
  yield await machineRecord(wide);
  onStart('the matrix product');
  const gigaflop = productFlops(PRODUCT_SIZE) / 1e9;
  yield await rateRecord(
    'matrix product',
    await matrixProduct(PRODUCT_SIZE, { wide }),
    { unit: 'GFLOP/s', per: gigaflop },
    options,
  );
  onStart('the copy of memory');
  // A copy moves each byte twice: from memory and to memory.
  const gigabyte = (2 * COPY_BYTES) / 1e9;
  yield await rateRecord('memory copy', memoryCopy(), { unit: 'GB/s', per: gigabyte }, options);
  for (const workload of options.workloads) {
    const train = workload.train();
    for (const threads of options.threads) {
      onStart(`${workload.name} on ${threadsText(threads)}`);
      const trainer = await openTrainer(workload, { threads, wide, train });
      try {
        await trainer.train(DIGEST_STEPS);
        const digest = trainer.digest();
        const quantity = { unit: workload.unit, per: workload.batchSize, threads };
        yield { ...(await rateRecord(workload.name, trainer.train, quantity, options)), digest };
      } finally {
        await trainer.close();
      }
    }
  }
}

export async function machineRecord(wideWanted: boolean): Promise<MachineRecord> {
  const cpu = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const wide = wideWanted && (await loadWideKernels()).wide;
  return {
    what: 'machine',
    node: process.version,
    cpu,
    cores: availableParallelism(),
    bits: wide ? 256 : 128,
  };
}

export function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

async function rateRecord(
  what: string,
  work: Work,
  quantity: { readonly unit: RateRecord['unit']; readonly per: number; readonly threads?: number },
  { windows, windowMs }: BenchOptions,
): Promise<RateRecord> {
  const { unit, per, threads = 1 } = quantity;
  const meter = await warmUp(work, windowMs);
  const runs: number[] = [];
  for (let i = 0; i < windows; i++) {
    const { steps, seconds } = await meter.window(windowMs);
    runs.push((steps * per) / seconds);
  }
  return { what, threads, rate: median(runs), unit, runs };
}
