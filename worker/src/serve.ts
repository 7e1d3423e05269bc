/**
 * What one thread of a pool does, for as long as it lives: take a task of the present phase, do it, say so, and
 * move the ticket on when it was the last. All threads run the same loop over the same memory; which of them does
 * what changes no bit.
 */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import { batchOfStep } from '@hivegrad/shared/data/sampler';
import type { Kernels } from '@hivegrad/shared/kernels/kernels';
import { PADDING_BYTES } from '@hivegrad/shared/kernels/kernels';
import { KNOWN_ANSWER, KNOWN_ANSWER_BYTES, knownAnswer } from '@hivegrad/shared/kernels/known-answer';
import { createReferenceKernels } from '@hivegrad/shared/kernels/reference/reference';
import type { KernelMemory, KernelModule } from '@hivegrad/shared/kernels/wasm';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import type { Network } from '@hivegrad/shared/model/network';
import { SUMS_BYTES } from '@hivegrad/shared/model/node';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import { sliceUpdater } from '@hivegrad/shared/optim/update';
import { samplesOfNode } from '@hivegrad/shared/reduce/tree';
import type { Control, ControlSize } from './control.ts';
import { openControl, PHASE_COMPUTE, PHASE_PARKED, PHASE_UPDATE, phaseOf } from './control.ts';
import type { Layout, TrainingSpec } from './layout.ts';
import { EVALUATION_SHARD_SIZE, nodesOfBatch, nodesOfEvaluation, placeThread } from './layout.ts';
import { sampleCopier } from './samples.ts';

/** `simd`: the WebAssembly module; `plain`: its TypeScript twin, the same bits many times slower. */
export type Engine = 'simd' | 'plain';

/** Everything that the threads of a pool share; posted to each of them. */
export interface Shared {
  readonly engine: Engine;
  readonly module: KernelModule;
  readonly memory: KernelMemory;
  readonly control: SharedArrayBuffer;
  readonly controlSize: ControlSize;
  readonly layout: Layout;
  readonly spec: TrainingSpec;
  readonly train: Dataset;
  readonly test: Dataset;
  /** u32: the order in which the present epoch visits the training samples. */
  readonly order: SharedArrayBuffer;
  /** { loss: f32, correct: u32 } of each step of the present job. */
  readonly stepSums: SharedArrayBuffer;
  /** Turns of the loop that a thread spins for before it sleeps. */
  readonly spins: number;
}

export interface ThreadTask {
  readonly shared: Shared;
  /** 0 to threads - 1. */
  readonly thread: number;
}

/** Called before each task; tests use it to make threads fail. */
export type BeforeTask = (at: {
  phase: 'compute' | 'update';
  step: number;
  task: number;
  thread: number;
}) => void;

/** Serves the pool until it quits. Answers whether the engine gave the known answer; where not, nothing was done. */
export function serve({ shared, thread }: ThreadTask, beforeTask?: BeforeTask): { exact: boolean } {
  const { layout, spins } = shared;
  const memory = shared.memory.buffer;
  const kernels =
    shared.engine === 'simd'
      ? instantiateKernels(shared.module, shared.memory)
      : createReferenceKernels(memory);
  const begin = layout.arenas[thread]!;
  const exact = knownAnswer(kernels, shared.memory, begin) === KNOWN_ANSWER;
  new Uint8Array(memory, begin, KNOWN_ANSWER_BYTES).fill(0);
  if (!exact) return { exact };

  const control = openControl(shared.control, shared.controlSize);
  const owner = thread + 1;
  const tasks = threadTasks(shared, kernels, thread);
  for (;;) {
    const bell = control.bell();
    if (control.quitRequested()) return { exact };
    const ticket = control.ticket();
    const phase = phaseOf(ticket);
    if (phase === PHASE_PARKED) {
      control.wait(ticket, bell, spins);
      continue;
    }
    const job = control.job();
    const step = job.from + ((ticket - control.jobTicket()) >> 2);
    const count = phase === PHASE_UPDATE ? layout.slices : tasks.nodes(job.kind, step);
    // Each thread begins at its own share, where its caches are warm.
    const first = Math.floor((thread * count) / layout.threads);
    for (;;) {
      const task = control.claim(ticket, count, owner, first);
      if (task < 0) break;
      beforeTask?.({ phase: phase === PHASE_COMPUTE ? 'compute' : 'update', step, task, thread });
      if (phase === PHASE_UPDATE) {
        if (!tasks.update(step, step - job.from, task)) control.reportNotFinite();
      } else if (job.kind === 'train') tasks.gradient(step, task);
      else tasks.evaluate(step, task);
      control.done(ticket, task);
    }
    if (control.allDone(ticket, count)) control.advance(ticket, nextTicket(control, ticket, step));
    else control.wait(ticket, bell, spins);
  }
}

/** compute -> update -> compute of the next step, or parked at the end of the job. */
function nextTicket(control: Control, ticket: number, step: number): number {
  const job = control.job();
  if (job.kind === 'evaluate') return ticket + 3;
  if (phaseOf(ticket) === PHASE_COMPUTE) return ticket + 1;
  const parks = step + 1 === job.to || control.holdRequested() || control.notFinite();
  return parks ? ticket + 2 : ticket + 3;
}

/** How the present step's mini-batch is cut. */
interface StepCut {
  step: number;
  /** First position of the mini-batch in the epoch's order. */
  first: number;
  count: number;
  level: number;
  nodes: number;
}

/** The work itself, each task a pure function of the weights of its step. Nothing is allocated for a step. */
function threadTasks(shared: Shared, kernels: Kernels, thread: number) {
  const { layout, spec, train, test } = shared;
  const { shardSize, batchSize, model } = spec;
  const memory = shared.memory.buffer;
  const f32 = new Float32Array(memory);
  const u32 = new Uint32Array(memory);
  const begin = layout.arenas[thread]!;
  const { nodeSamplesMax } = layout;
  const { computer, updateScratch } = placeThread(model, { begin, shardSize, nodeSamplesMax, f32, u32 });
  const updateSlice = sliceUpdater(kernels, optimizerOf(spec.optimizer), layout.versions, updateScratch);
  const order = new Uint32Array(shared.order);
  const stepLosses = new Float32Array(shared.stepSums);
  const stepCorrects = new Uint32Array(shared.stepSums);
  const copyTrain = sampleCopier(train, kernels, memory);
  const copyTest = sampleCopier(test, kernels, memory);
  const evaluation = nodesOfEvaluation(test.samples, layout.threads);
  const weightsOf = (version: number) => layout.versions[(version & 1) as 0 | 1].weights;
  const sumsOf = (task: number) => layout.sums + task * SUMS_BYTES;
  const sliceStart = (slice: number) =>
    slice === layout.slices
      ? layout.parameters
      : Math.floor((slice * layout.parameters) / layout.slices / 16) * 16;

  const cut: StepCut = { step: -1, first: 0, count: 0, level: 0, nodes: 0 };
  const cutOf = (step: number): StepCut => {
    if (cut.step !== step) {
      const batch = batchOfStep(step, train.samples, batchSize);
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
    load: (network: Network, from: number, to: number) => {
      base = cut.first + from;
      copyTrain(network, to - from, inOrder);
    },
  };
  const slots = { base: layout.slots, stride: layout.slotStride, nodes: 0, samples: 0 };
  const slice = { step: 0, begin: 0, end: 0, slots };

  /** { loss, correct } of the step from those of its nodes. False if the loss is not finite. */
  const sumStep = (at: number, nodes: number): boolean => {
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
    for (let node = 0; node < nodes; node++) correct += u32[(sumsOf(node) >>> 2) + 1]!;
    stepCorrects[at * 2 + 1] = correct;
    return finite === 1;
  };

  return {
    nodes: (kind: 'train' | 'evaluate', step: number): number =>
      kind === 'train' ? cutOf(step).nodes : evaluation.nodes,

    gradient(step: number, task: number): void {
      const { count, level } = cutOf(step);
      const span = (1 << level) * shardSize;
      trainNode.begin = task * span;
      trainNode.end = Math.min(trainNode.begin + span, count);
      const slot = layout.slots + task * layout.slotStride;
      computer.gradient(kernels, weightsOf(step), trainNode, slot, sumsOf(task));
    },

    update(step: number, at: number, task: number): boolean {
      const { count, nodes } = cutOf(step);
      const finiteLoss = task > 0 || sumStep(at, nodes);
      slots.nodes = nodes;
      slots.samples = count;
      slice.step = step;
      slice.begin = sliceStart(task);
      slice.end = sliceStart(task + 1);
      return updateSlice(slice) && finiteLoss;
    },

    evaluate(version: number, task: number): void {
      const index = { level: evaluation.level, index: task };
      const node = {
        ...samplesOfNode(index, test.samples, EVALUATION_SHARD_SIZE),
        shardSize: EVALUATION_SHARD_SIZE,
        load: (network: Network, from: number, to: number) => {
          base = from;
          copyTest(network, to - from, inSequence);
        },
      };
      computer.evaluate(kernels, weightsOf(version), node, sumsOf(task));
    },
  };
}
