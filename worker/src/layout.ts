/**
 * Where everything lies in the one memory of a pool: two versions of the weights and the optimizer's state, the
 * gradient slots of a step, and an arena for each thread. Computed once from the model and posted to every thread,
 * so that all agree. Of the data set only the size of an epoch's last mini-batch matters.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { Arena } from '@hivegrad/shared/kernels/arena';
import { createArena } from '@hivegrad/shared/kernels/arena';
import { PADDING_BYTES } from '@hivegrad/shared/kernels/kernels';
import { KNOWN_ANSWER_BYTES } from '@hivegrad/shared/kernels/known-answer';
import { MEMORY_BYTES_MAX } from '@hivegrad/shared/kernels/wasm';
import { placeNodeComputer, SUMS_BYTES } from '@hivegrad/shared/model/node';
import { parameterCount } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { squaresBlocks } from '@hivegrad/shared/optim/clipping';
import { optimizerOf } from '@hivegrad/shared/optim/optimizers';
import type { UpdateRule, Version } from '@hivegrad/shared/optim/update';
import { SLICE_ALIGNMENT, SUM_STACK_BYTES, UPDATE_SCRATCH_BYTES } from '@hivegrad/shared/optim/update';
import { assignmentLevel, nodesOnLevel, shardCount } from '@hivegrad/shared/reduce/tree';

/** What determines the bits of a run, apart from the data. */
export interface TrainingSpec extends UpdateRule {
  readonly model: ModelSpec;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly seed: number;
}

/** Samples of a shard when a data set is evaluated: fixed, so that a loss depends on weights and data alone. */
export const EVALUATION_SHARD_SIZE = 128;
/** Tasks into which an evaluation is cut at most. */
const EVALUATION_TASKS_MAX = 256;

/** Bytes of sums that one job of a round computes, where its nodes need not more. */
const COMPUTED_BYTES = 1 << 24;

/** What rounds with remote workers need: steps whose nodes are of different levels and come from elsewhere, too. */
export interface RoundLayout {
  /**
   * Nodes whose sums are kept at once, at most. With R remote nodes it is enough for any R of them, the nodes of
   * `nodesOfBatch` that none of these touch, and the siblings on the ways down to those that lie inside of one.
   */
  readonly nodesMax: number;
  /** Slots for them, and behind these some for nodes that are being computed: one for each of `nodesOfBatch` at least. */
  readonly slots: number;
  /** { loss: f32, correct: u32 } of each slot. Not those of tasks, which an evaluation overwrites. */
  readonly sums: number;
  /** SUM_STACK_BYTES for the main thread. */
  readonly stack: number;
}

export interface Layout {
  readonly threads: number;
  readonly parameters: number;
  /** Version t lies in versions[t mod 2]. */
  readonly versions: readonly [Version, Version];
  readonly slots: number;
  readonly slotStride: number;
  /** { loss: f32, correct: u32 } of each task. */
  readonly sums: number;
  /** One float64 for each block of parameters, where the norm is clipped. */
  readonly squares: number;
  /** Tasks of a phase at most: of any job, and of a step. */
  readonly tasksMax: number;
  readonly stepTasksMax: number;
  /** Slices into which an update is cut. */
  readonly slices: number;
  /** Samples of the largest node of a step. */
  readonly nodeSamplesMax: number;
  /** Absent where there are no remote workers; then nothing is kept for them. */
  readonly round: RoundLayout | undefined;
  /** First byte of each thread's arena. */
  readonly arenas: readonly number[];
  readonly bytes: number;
}

/** How the shards of a mini-batch are cut in tasks for a pool. */
export function nodesOfBatch(
  samples: number,
  shardSize: number,
  threads: number,
): { level: number; nodes: number } {
  const shards = shardCount(samples, shardSize);
  const level = assignmentLevel(shards, threads);
  return { level, nodes: nodesOnLevel(shards, level) };
}

/** How an evaluation or a prediction is cut: large nodes, since they return little, but some for every thread. */
export function nodesOfEvaluation(samples: number, threads: number): { level: number; nodes: number } {
  const shards = shardCount(samples, EVALUATION_SHARD_SIZE);
  let level = assignmentLevel(shards, threads * 4);
  while (nodesOnLevel(shards, level) > EVALUATION_TASKS_MAX) level++;
  return { level, nodes: nodesOnLevel(shards, level) };
}

/**
 * For a part of `samples` to train on; with none there is no optimizer's state, and weights are only evaluated.
 * `remoteNodesMax`: nodes of a step that remote workers compute, at most; default 0.
 */
export function planLayout(
  spec: TrainingSpec,
  threads: number,
  samples: number,
  { remoteNodesMax = 0 }: { readonly remoteNodesMax?: number } = {},
): Layout {
  const { model, optimizer } = spec;
  const parameters = parameterCount(model);
  const stateNames = samples === 0 ? [] : optimizerOf(optimizer).state;
  const cuts = cutsOf(spec, threads, samples);
  const { nodes, nodeSamplesMax } = largestCut(spec, cuts);
  const slotStride = Math.ceil((parameters * 4 + PADDING_BYTES) / 64) * 64;
  const nodesMax = remoteNodesMax === 0 ? 0 : roundNodes(cuts, remoteNodesMax);
  const slotCount = remoteNodesMax === 0 ? nodes : nodesMax + computedAtOnce(cuts, slotStride);
  const tasksMax = Math.max(slotCount, EVALUATION_TASKS_MAX);
  // Fewer slices than threads for tiny networks.
  const slices = Math.max(1, Math.min(threads, Math.floor(parameters / SLICE_ALIGNMENT)));

  const arena = createArena(64);
  const vector = () => arena.allocate(parameters * 4);
  const version = (): Version => ({ weights: vector(), state: stateNames.map(vector) });
  const versions = [version(), version()] as const;
  const versionsEnd = arena.end;
  const slots = arena.allocate(slotCount * slotStride);
  const sums = arena.allocate(tasksMax * SUMS_BYTES + PADDING_BYTES);
  const squares = spec.clipping.type === 'norm' ? arena.allocate(squaresBlocks(parameters) * 8) : 0;
  const round = nodesMax === 0 ? undefined : placeRound(arena, { nodesMax, slots: slotCount });
  const slotsEnd = arena.end;

  const arenas: number[] = [];
  let end = arena.end;
  for (let thread = 0; thread < threads; thread++) {
    arenas.push(end);
    end = threadArenaEnd(spec, { begin: end, nodeSamplesMax });
  }
  const layout: Layout = {
    threads,
    parameters,
    versions,
    slots,
    slotStride,
    sums,
    squares,
    tasksMax,
    stepTasksMax: Math.max(nodes, slices),
    slices,
    nodeSamplesMax,
    round,
    arenas,
    bytes: end + PADDING_BYTES,
  };
  refuseTooLarge(layout, { versions: versionsEnd, slots: slotsEnd - versionsEnd, arenas: end - slotsEnd });
  return layout;
}

interface BatchCut {
  /** Samples of a full mini-batch. */
  readonly whole: number;
  readonly shards: number;
  readonly level: number;
  readonly nodes: number;
}

/** How a full mini-batch and the last one of an epoch are cut. */
function cutsOf({ batchSize, shardSize }: TrainingSpec, threads: number, samples: number): BatchCut[] {
  if (samples === 0) return [];
  const whole = Math.min(batchSize, samples);
  return [whole, samples % whole || whole].map((count) => ({
    whole,
    shards: shardCount(count, shardSize),
    ...nodesOfBatch(count, shardSize, threads),
  }));
}

/** Nodes of a step and samples of a node at most, over both kinds of mini-batches. */
function largestCut({ shardSize }: TrainingSpec, cuts: readonly BatchCut[]) {
  const samples = cuts.map(({ whole, level }) => Math.min(whole, shardSize * (1 << level)));
  return { nodes: Math.max(1, ...cuts.map((cut) => cut.nodes)), nodeSamplesMax: Math.max(0, ...samples) };
}

/** See {@link RoundLayout.nodesMax}; there are never more than shards. */
function roundNodes(cuts: readonly BatchCut[], remote: number): number {
  return Math.max(
    1,
    ...cuts.map(({ shards, level, nodes }) => Math.min(shards, nodes + remote * (level + 1))),
  );
}

/** Nodes that a round lets threads compute in one job: all shards if their sums are small. */
function computedAtOnce(cuts: readonly BatchCut[], stride: number): number {
  const small = Math.floor(COMPUTED_BYTES / stride);
  return Math.max(1, ...cuts.map(({ shards, nodes }) => Math.max(nodes, Math.min(shards, small))));
}

function placeRound(arena: Arena, { nodesMax, slots }: { nodesMax: number; slots: number }): RoundLayout {
  const sums = arena.allocate(slots * SUMS_BYTES);
  return { nodesMax, slots, sums, stack: arena.allocate(SUM_STACK_BYTES) };
}

/** What a thread puts in its arena, in this order. */
export function placeThread(
  { model, shardSize, seed }: TrainingSpec,
  options: {
    readonly begin: number;
    readonly nodeSamplesMax: number;
    readonly f32: Float32Array;
    readonly u32: Uint32Array;
  },
) {
  const { begin, nodeSamplesMax, f32, u32 } = options;
  const arena = createArena(begin);
  const updateScratch = arena.allocate(UPDATE_SCRATCH_BYTES);
  const computer = placeNodeComputer(model, {
    arena,
    shardSize,
    samplesMax: nodeSamplesMax,
    evaluationShardSize: EVALUATION_SHARD_SIZE,
    seed,
    f32,
    u32,
  });
  return { updateScratch, computer, end: Math.max(arena.end, begin + KNOWN_ANSWER_BYTES) };
}

function threadArenaEnd(spec: TrainingSpec, options: { begin: number; nodeSamplesMax: number }): number {
  const nothing = { f32: new Float32Array(0), u32: new Uint32Array(0) };
  return placeThread(spec, { ...options, ...nothing }).end;
}

function refuseTooLarge(layout: Layout, parts: { versions: number; slots: number; arenas: number }): void {
  if (layout.bytes <= MEMORY_BYTES_MAX) return;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new UserError(
    'MODEL_TOO_LARGE',
    `This training needs ${gigabytes(layout.bytes)} of memory, and the kernels can address 4 GiB: ` +
      `${gigabytes(parts.versions)} for two versions of ${layout.parameters.toLocaleString('en')} weights with the ` +
      `optimizer's state, ${gigabytes(parts.slots)} for gradients, ${gigabytes(parts.arenas)} for the activations of ` +
      `${layout.threads} threads. Use smaller layers, a smaller shardSize or fewer --threads.`,
  );
}
