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

/** How much of a step comes from remote workers; see {@link RoundLayout} for the room that this takes. */
export interface RoundsLimits {
  /**
   * Sums that a step may consist of, at most. All nodes that are computed for it lie on or above a level that has no
   * more nodes than this.
   */
  readonly nodesMax: number;
  /** Sums of remote workers beside them, which wait to be compared or audited. */
  readonly sparesMax: number;
}

/**
 * Room for steps whose sums are computed in nodes of different levels, by local threads and by remote workers. Let P be
 * the parts of a step, the nodes of `nodesOfBatch`, and U = min(shards, nodesMax); each is the larger one of a full
 * mini-batch and the last one of an epoch.
 */
export interface RoundLayout {
  /**
   * Slots of sums that local threads compute: max(P, U) + 2 P. Those that are kept are of disjoint nodes, of which one
   * above the level of the parts takes a slot for each part and any other one slot; and the lowest level has at most U
   * nodes. So they take max(P, U). An audit computes a node that is known, in at most P parts; and P once more, since
   * the next audit may begin before the sum of this one is released.
   */
  readonly localSlots: number;
  /**
   * Slots of sums of remote workers, one for each: U + sparesMax + 2. A step consists of at most U; beside them are the
   * spares, one that has just arrived, and one that it is compared with and that is about to be released.
   */
  readonly remoteSlots: number;
  /** { loss: f32, correct: u32 } of each local slot. Not those of tasks, which an evaluation overwrites. */
  readonly sums: number;
  /** Twice SUM_STACK_BYTES for the main thread, which compares two sums. */
  readonly stacks: readonly [number, number];
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
  /** Absent where steps are not taken in rounds; then no room is kept for them. */
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
 * Without `rounds` no room is kept for sums of remote workers.
 */
export function planLayout(
  spec: TrainingSpec,
  threads: number,
  samples: number,
  { rounds }: { readonly rounds?: RoundsLimits | undefined } = {},
): Layout {
  const { model, optimizer } = spec;
  const parameters = parameterCount(model);
  const stateNames = samples === 0 ? [] : optimizerOf(optimizer).state;
  const cuts = cutsOf(spec, threads, samples);
  const { nodes, nodeSamplesMax } = largestCut(spec, cuts);
  const slotStride = Math.ceil((parameters * 4 + PADDING_BYTES) / 64) * 64;
  const room = rounds === undefined ? undefined : roundSlots(cuts, nodes, rounds);
  const slotCount = room === undefined ? nodes : room.localSlots + room.remoteSlots;
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
  const round = room === undefined ? undefined : placeRound(arena, room);
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

type RoundSlots = Pick<RoundLayout, 'localSlots' | 'remoteSlots'>;

/** See {@link RoundLayout}; `parts` is P. */
function roundSlots(
  cuts: readonly BatchCut[],
  parts: number,
  { nodesMax, sparesMax }: RoundsLimits,
): RoundSlots {
  const nodes = Math.min(nodesMax, Math.max(1, ...cuts.map(({ shards }) => shards)));
  return { localSlots: Math.max(parts, nodes) + 2 * parts, remoteSlots: nodes + sparesMax + 2 };
}

function placeRound(arena: Arena, room: RoundSlots): RoundLayout {
  const sums = arena.allocate(room.localSlots * SUMS_BYTES);
  const stack = () => arena.allocate(SUM_STACK_BYTES);
  return { ...room, sums, stacks: [stack(), stack()] };
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
