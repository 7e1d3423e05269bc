/**
 * The work of one thread: gradients of nodes, squares and updates of slices, evaluations and answers. Each task is a
 * pure function of the weights of its step, and nothing is allocated for a step.
 */

import { batchOfStep } from '@hivegrad/shared/data/sampler';
import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { leadingDimension, PADDING_BYTES } from '@hivegrad/shared/kernels/kernels';
import type { Network } from '@hivegrad/shared/model/network';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import type { GradientSlots } from '@hivegrad/shared/optim/update';
import { SLICE_ALIGNMENT, sliceUpdater } from '@hivegrad/shared/optim/update';
import { samplesOfNode } from '@hivegrad/shared/reduce/tree';
import type { Job, Part } from './control.ts';
import { EVALUATION_SHARD_SIZE, nodesOfBatch, nodesOfEvaluation, placeThread } from './layout.ts';
import type { CopySamples } from './samples.ts';
import { featureCopier, sampleCopier } from './samples.ts';
import type { Shared } from './shared.ts';

/** How the present step's mini-batch is cut. */
interface StepCut {
  step: number;
  /** First position of the mini-batch in the epoch's order. */
  first: number;
  count: number;
  level: number;
  nodes: number;
}

/** The tasks of one thread. */
export function threadTasks(shared: Shared, kernels: Kernels, thread: number) {
  const { layout, spec, parts } = shared;
  const { shardSize, batchSize } = spec;
  const memory = shared.memory.buffer;
  const f32 = new Float32Array(memory);
  const u32 = new Uint32Array(memory);
  const begin = layout.arenas[thread]!;
  const { nodeSamplesMax } = layout;
  const { computer, updateScratch } = placeThread(spec, { begin, nodeSamplesMax, f32, u32 });
  const { versions, squares, parameters } = layout;
  const updater = sliceUpdater(kernels, spec, {
    versions,
    scratch: updateScratch,
    squares,
    buffer: memory,
    parameters,
  });
  const order = new Uint32Array(shared.order);
  const stepLosses = new Float32Array(shared.stepSums);
  const stepCorrects = new Uint32Array(shared.stepSums);
  const answers = new Float32Array(shared.answers);
  const trainSamples = parts.train?.samples ?? 0;
  const copyTrain: CopySamples =
    parts.train === undefined ? () => {} : sampleCopier(parts.train, kernels, memory);
  const copiers = memoize((part: Part) => ({
    samples: sampleCopier(parts[part]!, kernels, memory),
    features: featureCopier(parts[part]!, kernels, memory),
  }));
  const weightsOf = (version: number) => layout.versions[(version & 1) as 0 | 1].weights;
  const notFinite = new Int32Array(shared.notFinite);
  const skipsZeros = (version: number) => shared.skipZeros && notFinite[version & 1] === 0;
  const sumsOf = (task: number) => layout.sums + task * SUMS_BYTES;
  const sliceStart = (slice: number) =>
    slice === layout.slices
      ? parameters
      : Math.floor((slice * parameters) / layout.slices / SLICE_ALIGNMENT) * SLICE_ALIGNMENT;

  const cut: StepCut = { step: -1, first: 0, count: 0, level: 0, nodes: 0 };
  const cutOf = (step: number): StepCut => {
    if (cut.step !== step) {
      const batch = batchOfStep(step, trainSamples, batchSize);
      const previous = cut.count;
      cut.step = step;
      cut.first = batch.begin;
      cut.count = batch.count;
      if (batch.count !== previous) Object.assign(cut, nodesOfBatch(batch.count, shardSize, layout.threads));
    }
    return cut;
  };

  let base = 0;
  const inOrder = (i: number) => order[base + i]!;
  const inSequence = (i: number) => base + i;
  const trainNode = {
    begin: 0,
    end: 0,
    shardSize,
    step: 0,
    skipZeros: false,
    weighted: parts.train?.weights !== undefined,
    load: (network: Network, from: number, to: number) => {
      base = cut.first + from;
      copyTrain(network, to - from, inOrder);
    },
  };
  const round = new Int32Array(shared.round);
  const roundOrder = { words: round, length: 0, depth: 0 };
  const slots: Writable<GradientSlots> = {
    base: layout.slots,
    stride: layout.slotStride,
    nodes: 0,
    samples: 0,
    order: undefined,
  };
  const slice = { step: 0, begin: 0, end: 0, slots };

  const correctOf = (node: number) => u32[(sumsOf(node) >>> 2) + 1]!;

  /** { loss, correct } of the step from those of its nodes. False if the loss is not finite. */
  const sumStep = (at: number, nodes: number): boolean => {
    if (nodes === 1) {
      const loss = f32[layout.sums >>> 2]!;
      stepLosses[at * 2] = loss;
      stepCorrects[at * 2 + 1] = correctOf(0);
      return Number.isFinite(loss);
    }
    const finite = kernels.treeMean(
      layout.sums,
      SUMS_BYTES,
      nodes,
      1,
      1,
      updateScratch,
      updateScratch + PADDING_BYTES,
    );
    stepLosses[at * 2] = f32[updateScratch >>> 2]!;
    let correct = 0;
    for (let node = 0; node < nodes; node++) correct += correctOf(node);
    stepCorrects[at * 2 + 1] = correct;
    return finite === 1;
  };

  const sliceOf = (step: number, task: number) => {
    const { count, nodes } = cutOf(step);
    slots.nodes = nodes;
    slots.samples = count;
    slice.step = step;
    slice.begin = sliceStart(task);
    slice.end = sliceStart(task + 1);
    return slice;
  };

  /** One node of an evaluation or a prediction, at positions that count from the job's first sample. */
  const nodeOf = (job: PartJob, task: number, copy: CopySamples) => {
    const samples = job.end - job.begin;
    const { level } = nodesOfEvaluation(samples, layout.threads);
    return {
      ...samplesOfNode({ level, index: task }, samples, EVALUATION_SHARD_SIZE),
      shardSize: EVALUATION_SHARD_SIZE,
      skipZeros: skipsZeros(job.from),
      load: (network: Network, from: number, to: number) => {
        base = job.begin + from;
        copy(network, to - from, inSequence);
      },
    };
  };

  let answersBegin = 0;
  const takeAnswers = (network: Network, from: number, to: number) => {
    const { width } = network.outputs;
    const ld = leadingDimension(width);
    for (let sample = from; sample < to; sample++) {
      const row = (network.answers >>> 2) + (sample - from) * ld;
      const to = answersBegin + sample * width;
      for (let i = 0; i < width; i++) answers[to + i] = f32[row + i]!;
    }
  };

  /** The gradient sum of a node of a step to `slot`, its { loss, correct } to `sums`. */
  const computeNode = (step: number, level: number, index: number, slot: number, sums: number) => {
    const { count } = cutOf(step);
    const span = (1 << level) * shardSize;
    trainNode.begin = index * span;
    trainNode.end = Math.min(trainNode.begin + span, count);
    trainNode.step = step;
    trainNode.skipZeros = skipsZeros(step);
    computer.gradient(kernels, weightsOf(step), trainNode, slot, sums);
  };

  return {
    needsSquares: updater.needsSquares,

    /** Called before the first task of a job. */
    begin(job: Job): void {
      slots.order = undefined;
      if (job.kind !== 'close') return;
      roundOrder.length = job.count;
      roundOrder.depth = job.depth;
      slots.order = roundOrder;
    },

    /** Tasks of the first phase. */
    nodes(job: Job, step: number): number {
      if (job.kind === 'train') return cutOf(step).nodes;
      if (job.kind === 'nodes') return job.count;
      return job.kind === 'close' ? 0 : nodesOfEvaluation(job.end - job.begin, layout.threads).nodes;
    },

    gradient(step: number, task: number): void {
      const slot = layout.slots + task * layout.slotStride;
      computeNode(step, cutOf(step).level, task, slot, sumsOf(task));
    },

    /** A node of a round. Where its gradient is not finite its loss becomes NaN, which nobody can miss. */
    roundNode(step: number, task: number): void {
      const [number, level, index] = [round[task * 3]!, round[task * 3 + 1]!, round[task * 3 + 2]!];
      const slot = layout.slots + number * layout.slotStride;
      const sums = layout.round!.sums + number * SUMS_BYTES;
      computeNode(step, level, index, slot, sums);
      // A division by 1 in place changes no finite value.
      const finite = kernels.treeMean(slot, 0, 1, parameters, 1, slot, updateScratch);
      if (finite === 0) f32[sums >>> 2] = Number.NaN;
    },

    sumSquares(step: number, task: number): void {
      updater.sumSquares(sliceOf(step, task));
    },

    update(step: number, at: number, task: number): boolean {
      // The main thread has the loss of a round.
      const finiteLoss = task > 0 || slots.order !== undefined || sumStep(at, cutOf(step).nodes);
      return updater.update(sliceOf(step, task)) && finiteLoss;
    },

    evaluate(job: PartJob, task: number): void {
      const node = nodeOf(job, task, copiers(job.part).samples);
      computer.evaluate(kernels, weightsOf(job.from), node, sumsOf(task));
    },

    predict(job: PartJob, task: number): void {
      const node = nodeOf(job, task, copiers(job.part).features);
      answersBegin = (job.half ?? 0) * (answers.length / 2);
      computer.predict(kernels, weightsOf(job.from), node, takeAnswers);
    },
  };
}

type PartJob = Extract<Job, { part: Part }>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function memoize<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
