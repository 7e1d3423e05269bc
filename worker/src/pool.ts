/**
 * The main thread's side of a pool of local threads over one shared memory: it sets weights, posts jobs to the
 * mailbox (control.ts) and reads the results. The threads are kept alive by crew.ts and do their work in serve.ts.
 */

import { availableParallelism, totalmem } from 'node:os';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { batchOfStep, epochOrder } from '@hivegrad/shared/data/sampler';
import { UserError } from '@hivegrad/shared/errors';
import { treeSum } from '@hivegrad/shared/kernels/reference/reduce';
import { createMemory } from '@hivegrad/shared/kernels/wasm';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import type { Control } from './control.ts';
import { controlBytes, initialiseControl, openControl, THREADS_MAX } from './control.ts';
import type { Crew } from './crew.ts';
import { startCrew } from './crew.ts';
import { loadKernels } from './kernels-file.ts';
import type { Layout, TrainingSpec } from './layout.ts';
import { nodesOfEvaluation, planLayout } from './layout.ts';
import type { Engine, Shared } from './serve.ts';

export interface PoolOptions {
  readonly spec: TrainingSpec;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly threads: number;
  readonly engine?: Engine;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly threadEntry?: URL;
  /** Told of every thread that was lost, in one sentence. */
  readonly onThreadLost?: (sentence: string) => void;
}

/** The sums of one step: over its samples, not means. */
export interface StepSums {
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
}

export interface StepsDone {
  /** Version that the weights have now. */
  readonly at: number;
  /** One for each step that was taken, in order. */
  readonly sums: readonly StepSums[];
  /** The step at `at` gave a loss, a gradient or a weight that is not finite, and was not applied. */
  readonly diverged: boolean;
}

export interface LocalPool {
  readonly layout: Layout;
  readonly trainSamples: number;
  /** Sets the weights and the state vectors (one after the other) of version `step`. Copies. */
  setVersion(step: number, weights: Float32Array, state: Float32Array): void;
  /** A copy of version `step`, which must be the one that training stands at. */
  version(step: number): { weights: Float32Array; state: Float32Array };
  /** Trains the steps [from, to) of one epoch, or fewer if `hold` is called. */
  runSteps(from: number, to: number): Promise<StepsDone>;
  /** Ends `runSteps` after the step under way. */
  hold(): void;
  /** Sums over the steps that the present `runSteps` has taken so far; for progress only. */
  sumsSoFar(): StepSums;
  /** Loss and correct samples of the whole test set under version `step`. */
  evaluate(step: number): Promise<StepSums>;
  close(): Promise<void>;
}

/** Steps of a job at most: what the buffer of step sums holds. */
export const JOB_STEPS_MAX = 65_536;

/** Looks at the ticket that a thread takes before it sleeps, about 100 us. */
const SPINS = 20_000;

export async function openPool(options: PoolOptions): Promise<LocalPool> {
  const { spec, train, test, threads, engine = 'simd' } = options;
  if (threads > THREADS_MAX) {
    throw new UserError(
      'CONFIG_INVALID',
      `--threads ${threads} is too many: a pool has at most ${THREADS_MAX} threads.`,
    );
  }
  const layout = planLayout(spec, threads, train.samples);
  const controlSize = { nodes: layout.tasksMax, slices: layout.slices, threads };
  const shared: Shared = {
    engine,
    module: await loadKernels(),
    memory: allocate(layout),
    control: new SharedArrayBuffer(controlBytes(controlSize)),
    controlSize,
    layout,
    spec,
    train,
    test,
    order: new SharedArrayBuffer(train.samples * 4),
    stepSums: new SharedArrayBuffer(JOB_STEPS_MAX * SUMS_BYTES),
    // More threads than cores would only keep each other from working by spinning.
    spins: threads <= availableParallelism() ? SPINS : 0,
  };
  const control = openControl(shared.control, controlSize);
  initialiseControl(control);
  const crew = startCrew(shared, control, options);
  return poolOver(shared, control, crew);
}

function allocate({ bytes }: Layout): Shared['memory'] {
  const megabytes = (size: number) => `${Math.ceil(size / 2 ** 20).toLocaleString('en')} MiB`;
  const refusal = (reason: string, cause?: unknown) =>
    new UserError(
      'MODEL_TOO_LARGE',
      `This training needs ${megabytes(bytes)} of memory in one piece, ${reason}. Use smaller layers, a smaller ` +
        'shardSize or fewer --threads.',
      { cause },
    );
  if (bytes > totalmem()) throw refusal(`and this machine has ${megabytes(totalmem())}`);
  try {
    return createMemory(bytes);
  } catch (cause) {
    throw refusal('which the engine does not give', cause);
  }
}

function poolOver(shared: Shared, control: Control, crew: Crew): LocalPool {
  const { layout, spec, train, test } = shared;
  const memory = shared.memory.buffer;
  const order = new Uint32Array(shared.order);
  const losses = new Float32Array(shared.stepSums);
  const corrects = new Uint32Array(shared.stepSums);
  const vectorsOf = (step: number) => {
    const { weights, state } = layout.versions[(step & 1) as 0 | 1];
    return [weights, ...state].map((address) => new Float32Array(memory, address, layout.parameters));
  };
  const sumsOfStep = (from: number, i: number): StepSums => ({
    lossSum: losses[i * 2]!,
    correct: corrects[i * 2 + 1]!,
    samples: batchOfStep(from + i, train.samples, spec.batchSize).count,
  });
  let orderedEpoch = -1;

  const run = async (job: Parameters<Control['post']>[0]): Promise<void> => {
    control.post(job);
    await Promise.race([control.parked(), crew.failed]);
  };

  return {
    layout,
    trainSamples: train.samples,

    setVersion(step, weights, state) {
      for (const [i, vector] of vectorsOf(step).entries()) {
        vector.set(i === 0 ? weights : state.subarray((i - 1) * layout.parameters, i * layout.parameters));
      }
    },

    version(step) {
      const [weights, ...vectors] = vectorsOf(step);
      const state = new Float32Array(vectors.length * layout.parameters);
      for (const [i, vector] of vectors.entries()) state.set(vector, i * layout.parameters);
      return { weights: weights!.slice(), state };
    },

    async runSteps(from, to) {
      const { epoch } = batchOfStep(from, train.samples, spec.batchSize);
      if (epoch !== orderedEpoch) order.set(epochOrder(spec.seed, epoch, train.samples));
      orderedEpoch = epoch;
      await run({ kind: 'train', from, to });
      const taken = (control.ticket() - control.jobTicket() + 1) >> 2;
      const diverged = control.notFinite();
      const applied = diverged ? taken - 1 : taken;
      const sums = Array.from({ length: applied }, (_, i) => sumsOfStep(from, i));
      return { at: from + applied, sums, diverged };
    },

    hold: () => control.hold(),
    sumsSoFar() {
      const job = control.job();
      const taken = job.kind === 'train' ? (control.ticket() - control.jobTicket()) >> 2 : 0;
      let [lossSum, correct, samples] = [0, 0, 0];
      for (let i = 0; i < taken; i++) {
        const sums = sumsOfStep(job.from, i);
        lossSum += sums.lossSum;
        correct += sums.correct;
        samples += sums.samples;
      }
      return { lossSum, correct, samples };
    },

    async evaluate(step) {
      await run({ kind: 'evaluate', from: step, to: step });
      const { nodes } = nodesOfEvaluation(test.samples, layout.threads);
      const first = layout.sums >>> 2;
      const nodeLosses = new Float32Array(memory);
      const nodeCorrects = new Uint32Array(memory);
      let correct = 0;
      for (let node = 0; node < nodes; node++) correct += nodeCorrects[first + node * 2 + 1]!;
      const lossSum = treeSum(nodes, (node) => nodeLosses[first + node * 2]!);
      return { lossSum, correct, samples: test.samples };
    },

    close: () => crew.quit(),
  };
}
