/**
 * The main thread's side of a pool of local threads over one shared memory: it sets weights, posts jobs to the
 * mailbox (control.ts) and reads the results. The threads are kept alive by crew.ts and do their work in serve.ts.
 */

import { availableParallelism, totalmem } from 'node:os';
import type { Dataset } from '@hivegrad/shared/data/dataset';
import { batchOfStep, epochOrder } from '@hivegrad/shared/data/sampler';
import { UserError } from '@hivegrad/shared/errors';
import { allFinite, treeSum } from '@hivegrad/shared/kernels/reference/reduce';
import { createMemory } from '@hivegrad/shared/kernels/wasm';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import { outputSize } from '@hivegrad/shared/model/parameters';
import type { Control, Job, Part } from './control.ts';
import { controlBytes, initialiseControl, openControl, THREADS_MAX } from './control.ts';
import type { Crew } from './crew.ts';
import { startCrew } from './crew.ts';
import { loadKernels } from './kernels-file.ts';
import type { Layout, RoundsLimits, TrainingSpec } from './layout.ts';
import { nodesOfEvaluation, planLayout } from './layout.ts';
import type { Rounds } from './round.ts';
import { openRounds } from './round.ts';
import type { DataParts, Engine, Shared, StepSums } from './shared.ts';
import { loadWideKernels } from './wide.ts';

export interface PoolOptions {
  readonly spec: TrainingSpec;
  readonly parts: DataParts;
  readonly threads: number;
  readonly engine?: Engine;
  /** Whether to use 256-bit registers where the engine can: the same bits. Default true. */
  readonly wide?: boolean;
  /** Whether sums leave out columns of the input that are zero in all samples of a pass: the same bits. Default true. */
  readonly skipZeros?: boolean;
  /** Keeps room for {@link Rounds}, so that steps can be put together from sums of remote workers, too. */
  readonly rounds?: RoundsLimits | undefined;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly threadEntry?: URL;
  /** Told in a sentence of every thread that was lost, and of kernels that are slower than they should be. */
  readonly onNotice?: (sentence: string) => void;
}

export interface StepsDone {
  /** Version that the weights have now. */
  readonly at: number;
  /** One for each step that was taken, in order. */
  readonly sums: readonly StepSums[];
  /** The step at `at` gave a loss, a gradient or a weight that is not finite, and was not applied. */
  readonly diverged: boolean;
}

export interface LocalPool extends Rounds {
  readonly layout: Layout;
  /** Samples of the part to train on; 0 where there is none. */
  readonly trainSamples: number;
  /** Samples that one prediction answers at most. */
  readonly predictionSamples: number;
  /** Sets the weights and the state vectors (one after the other) of version `step`. Copies. */
  setVersion(step: number, weights: Float32Array, state: Float32Array): void;
  /** A copy of version `step`, which must be the one that training stands at. */
  version(step: number): { weights: Float32Array; state: Float32Array };
  /**
   * The weights of version `step` as bytes, without a copy. They stay while step `step` is taken or closed; the step
   * after it writes in their place.
   */
  weightsBytes(step: number): Uint8Array;
  /** Trains the steps [from, to) of one epoch, or fewer if `hold` is called. */
  runSteps(from: number, to: number): Promise<StepsDone>;
  /** Ends `runSteps` after the step under way. */
  hold(): void;
  /** Sums over the steps that the present `runSteps` has taken so far; for progress only. */
  sumsSoFar(): StepSums;
  /** Loss and correct samples of a whole part under version `step`; weights of samples do not count here. */
  evaluate(step: number, part: Part): Promise<StepSums>;
  /**
   * What version `step` answers on the samples [begin, end) of a part, as rows of outputs: probabilities under the
   * cross-entropies, values otherwise. The rows are overwritten by the call after the next one.
   */
  predict(step: number, range: { part: Part; begin: number; end: number }): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Steps of a job at most: what the buffer of step sums holds. */
export const JOB_STEPS_MAX = 65_536;

/** Samples and bytes of one prediction at most: enough for all threads, small beside a data set. */
const ANSWERS_SAMPLES_MAX = 8_192;
const ANSWERS_BYTES_MAX = 2 ** 26;

/** Looks at the ticket that a thread takes before it sleeps, about 100 us. */
const SPINS = 20_000;

export async function openPool(options: PoolOptions): Promise<LocalPool> {
  const { spec, parts, threads, engine = 'simd' } = options;
  const trainSamples = parts.train?.samples ?? 0;
  if (threads > THREADS_MAX) {
    throw new UserError(
      'CONFIG_INVALID',
      `--threads ${threads} is too many: a pool has at most ${THREADS_MAX} threads.`,
    );
  }
  const simd = engine === 'simd';
  const { module, wide, warning } =
    simd && options.wide !== false
      ? await loadWideKernels()
      : { module: await loadKernels(), wide: false, warning: undefined };
  if (warning !== undefined) options.onNotice?.(warning);
  const layout = planLayout(spec, threads, trainSamples, { rounds: options.rounds });
  const controlSize = { nodes: layout.tasksMax, slices: layout.slices, threads };
  const shared: Shared = {
    engine,
    module,
    wide,
    memory: allocate(layout),
    control: new SharedArrayBuffer(controlBytes(controlSize)),
    controlSize,
    layout,
    spec,
    parts,
    order: new SharedArrayBuffer(trainSamples * 4),
    stepSums: new SharedArrayBuffer(JOB_STEPS_MAX * SUMS_BYTES),
    answers: new SharedArrayBuffer(answersBytes(spec, parts)),
    skipZeros: options.skipZeros !== false,
    notFinite: new SharedArrayBuffer(8),
    // Three words for each node that is computed, two less one for each that is added; none has more than slots.
    round: new SharedArrayBuffer(layout.round === undefined ? 0 : layout.tasksMax * 12),
    // More threads than cores would only keep each other from working by spinning.
    spins: threads <= availableParallelism() ? SPINS : 0,
  };
  const control = openControl(shared.control, controlSize);
  initialiseControl(control);
  const crew = startCrew(shared, control, options);
  return poolOver(shared, control, crew);
}

/** Two predictions of as many samples as the largest part has, within bounds. */
function answersBytes({ model }: TrainingSpec, parts: DataParts): number {
  const rowBytes = outputSize(model) * 4;
  const samples = Math.max(1, ...Object.values(parts).map((part: Dataset) => part.samples));
  const fitting = Math.max(1, Math.floor(ANSWERS_BYTES_MAX / rowBytes));
  return 2 * rowBytes * Math.min(samples, ANSWERS_SAMPLES_MAX, fitting);
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
  const { layout, spec, parts } = shared;
  const trainSamples = parts.train?.samples ?? 0;
  const width = outputSize(spec.model);
  const answers = new Float32Array(shared.answers);
  const predictionSamples = answers.length / width / 2;
  const memory = shared.memory.buffer;
  const order = new Uint32Array(shared.order);
  const notFinite = new Int32Array(shared.notFinite);
  const losses = new Float32Array(shared.stepSums);
  const corrects = new Uint32Array(shared.stepSums);
  const weightsOf = (step: number) => layout.versions[(step & 1) as 0 | 1].weights;
  const vectorsOf = (step: number) => {
    const { weights, state } = layout.versions[(step & 1) as 0 | 1];
    return [weights, ...state].map((address) => new Float32Array(memory, address, layout.parameters));
  };
  const sumsOfStep = (from: number, i: number): StepSums => ({
    lossSum: losses[i * 2]!,
    correct: corrects[i * 2 + 1]!,
    samples: batchOfStep(from + i, trainSamples, spec.batchSize).count,
  });
  const samplesOf = (part: Part): number => {
    const samples = parts[part]?.samples;
    if (samples === undefined) throw new Error(`the pool has no ${part} part`);
    return samples;
  };
  let orderedEpoch = -1;
  const setOrder = (epoch: number) => {
    if (epoch !== orderedEpoch) order.set(epochOrder(spec.seed, epoch, trainSamples));
    orderedEpoch = epoch;
  };
  let answersHalf = 0;

  const run = async (job: Job, phase?: number): Promise<void> => {
    control.post(job, phase);
    await crew.orFailure(control.parked());
  };
  const rounds = openRounds(shared, {
    setOrder,
    async run(job, phase) {
      // Others than rounds may be at work, or all threads have failed.
      await crew.orFailure(control.parked());
      await run(job, phase);
      return !control.notFinite();
    },
  });

  return {
    ...rounds,
    layout,
    trainSamples,
    predictionSamples,

    setVersion(step, weights, state) {
      notFinite[step & 1] = 1 - allFinite(weights, weights.length, 0);
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

    weightsBytes: (step) => new Uint8Array(memory, weightsOf(step), layout.parameters * 4),

    async runSteps(from, to) {
      if (rounds.openStep() !== undefined) throw new Error(`step ${rounds.openStep()} is open`);
      setOrder(batchOfStep(from, trainSamples, spec.batchSize).epoch);
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
      let [lossSum, correct, samples] = [0, 0, 0];
      if (job.kind !== 'train') return { lossSum, correct, samples };
      const taken = (control.ticket() - control.jobTicket()) >> 2;
      for (let i = 0; i < taken; i++) {
        const sums = sumsOfStep(job.from, i);
        lossSum += sums.lossSum;
        correct += sums.correct;
        samples += sums.samples;
      }
      return { lossSum, correct, samples };
    },

    async evaluate(step, part) {
      const samples = samplesOf(part);
      await run({ kind: 'evaluate', from: step, part, begin: 0, end: samples });
      const { nodes } = nodesOfEvaluation(samples, layout.threads);
      const first = layout.sums >>> 2;
      const nodeLosses = new Float32Array(memory);
      const nodeCorrects = new Uint32Array(memory);
      let correct = 0;
      for (let node = 0; node < nodes; node++) correct += nodeCorrects[first + node * 2 + 1]!;
      const lossSum = treeSum(nodes, (node) => nodeLosses[first + node * 2]!);
      return { lossSum, correct, samples };
    },

    async predict(step, { part, begin, end }) {
      const samples = end - begin;
      if (samples < 1 || samples > predictionSamples || end > samplesOf(part)) {
        throw new RangeError(`samples ${begin} to ${end} cannot be answered at once`);
      }
      const half = answersHalf;
      answersHalf = 1 - answersHalf;
      await run({ kind: 'predict', from: step, part, begin, end, half });
      const first = half * predictionSamples * width;
      return answers.subarray(first, first + samples * width);
    },

    close: () => crew.quit(),
  };
}
