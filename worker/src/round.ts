/**
 * A step that is put together from nodes of any levels, by whomever they were computed: the local threads compute
 * nodes on demand, sums of remote workers are copied in, and the step is closed when the nodes that are known cover
 * its mini-batch exactly. The bits are those of `runSteps`.
 *
 * A node's sum lies in a slot from when it becomes known until the step ends, or until a result replaces it
 * (settle.ts). Threads do one job after the other; what remote workers send is settled at any time.
 */

import type { Batch } from '@hivegrad/shared/data/sampler';
import { batchOfStep } from '@hivegrad/shared/data/sampler';
import type { Node } from '@hivegrad/shared/reduce/tree';
import { nodesOnLevel, samplesOfNode, shardCount } from '@hivegrad/shared/reduce/tree';
import type { Job } from './control.ts';
import { PHASE_COMPUTE, PHASE_SQUARES, PHASE_UPDATE } from './control.ts';
import { descendants, topLevel } from './cover.ts';
import { nodesOfBatch } from './layout.ts';
import type { NodeResult, PutVerdict, Settled } from './settle.ts';
import { settleLocal, settleRemote } from './settle.ts';
import type { Shared, StepSums } from './shared.ts';
import type { Held, Slots } from './slots.ts';
import { openSlots } from './slots.ts';

/** What the local threads computed of a node. */
export interface ComputedNode extends StepSums, Settled {
  readonly node: Node;
  /** Whether loss and gradient are; where not the loss is NaN, and the step diverges when it is closed. */
  readonly finite: boolean;
}

/**
 * Steps in rounds. The first call for a step opens it; until it is closed or abandoned all calls name this step, and
 * `runSteps` is not called. Calls for nodes that the step does not have, for other steps, and for more nodes
 * than `layout.round.nodesMax` at once are errors of the caller and throw.
 */
export interface Rounds {
  /**
   * Has the local threads compute nodes of a step under version `step`, a node above those of `nodesOfBatch` in parts
   * of that level. A node that is known is computed all the same: that is an audit. Calls wait for those before.
   * Answers less than was asked for only where the step ends meanwhile.
   */
  computeNodes(step: number, nodes: readonly Node[]): Promise<ComputedNode[]>;
  /** Copies what a remote worker computed, or compares it with what is known. */
  putResult(step: number, node: Node, result: NodeResult): PutVerdict;
  /** Forgets a node, if it is known. */
  dropResult(step: number, node: Node): void;
  /** The slot in which a known node lies; nothing where it was computed in parts. */
  slotOf(step: number, node: Node): number | undefined;
  /** The gradient sum in this slot; a view that lasts as long as the node is known. */
  resultBytes(step: number, node: Node): Uint8Array | undefined;
  /**
   * Adds the known nodes along the tree and updates version `step` to the next; `diverged` as with `runSteps`.
   * @throws Error where they leave a gap; the step stays open
   */
  closeStep(step: number): Promise<StepSums & { readonly diverged: boolean }>;
  /** Forgets all nodes of the open step, if there is one, when the threads have finished what they are at. */
  abandonStep(): Promise<void>;
  /** The step that is open. */
  openStep(): number | undefined;
}

interface Round {
  readonly step: number;
  readonly batch: Batch;
  readonly shards: number;
  readonly top: Node;
  /** Nodes above this level are computed in parts of it. */
  readonly level: number;
  readonly slots: Slots;
  /** `closing` while threads read the slots; `over` from when it is closed, or is to be abandoned. */
  state: 'open' | 'closing' | 'over';
}

export interface RoundOptions {
  /** Puts the order of an epoch where the threads read it; only while they are parked. */
  readonly setOrder: (epoch: number) => void;
  /** Does a job from its first phase on, and answers whether all was finite. */
  readonly run: (job: Job, phase: number) => Promise<boolean>;
}

export function openRounds(shared: Shared, { setOrder, run }: RoundOptions): Rounds {
  const { layout, spec, parts } = shared;
  if (layout.round === undefined) return noRounds;
  const slotsOf = openSlots(shared, layout.round);
  const words = new Int32Array(shared.round);
  let open: Round | undefined;
  let before: Promise<unknown> = Promise.resolve();

  const beginRound = (step: number): Round => {
    const batch = batchOfStep(step, parts.train?.samples ?? 0, spec.batchSize);
    const shards = shardCount(batch.count, spec.shardSize);
    const { level } = nodesOfBatch(batch.count, spec.shardSize, layout.threads);
    const top = { level: topLevel(shards), index: 0 };
    return { step, batch, shards, level, top, slots: slotsOf(shards), state: 'open' };
  };
  const roundOf = (step: number, ...nodes: readonly Node[]): Round => {
    open ??= beginRound(step);
    if (open.step !== step) throw new Error(`step ${open.step} is open, not step ${step}`);
    if (open.state === 'over') throw new Error(`step ${step} is being abandoned`);
    const { shards, top } = open;
    for (const { level, index } of nodes) {
      const whole = Number.isInteger(level) && Number.isInteger(index) && level >= 0 && index >= 0;
      if (whole && level <= top.level && index < nodesOnLevel(shards, level)) continue;
      throw new RangeError(`step ${step} of ${shards} shards has no node ${level}/${index}`);
    }
    return open;
  };
  /** One after the other: threads take the next job when they are parked. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = before.then(work);
    before = done.catch(() => {});
    return done;
  };
  const samplesIn = (node: Node, { batch }: Round): number => {
    const { begin, end } = samplesOfNode(node, batch.count, spec.shardSize);
    return end - begin;
  };

  const computeAll = async (round: Round, taken: readonly Held[]): Promise<void> => {
    setOrder(round.batch.epoch);
    let samples = 0;
    for (const [task, { node, slot }] of taken.entries()) {
      words.set([slot, node.level, node.index], task * 3);
      samples += samplesIn(node, round);
    }
    const most = samples * 2 >= round.batch.count;
    await run({ kind: 'nodes', from: round.step, count: taken.length, most }, PHASE_COMPUTE);
  };

  /** Computes the first of some nodes, as many as there is room for at once. */
  const computeSome = async (round: Round, nodes: readonly Node[]): Promise<ComputedNode[]> => {
    const { slots, level, shards } = round;
    const taken: Held[][] = [];
    let room = slots.computedMax;
    for (const node of nodes) {
      const wanted = node.level <= level ? [node] : descendants(node, level, shards);
      room -= wanted.length;
      if (room < 0) break;
      taken.push(wanted.map((part) => slots.take(part)));
    }
    await computeAll(round, taken.flat());
    return taken.map((computed, i) => {
      const node = nodes[i]!;
      const sums = slots.sumsOf(slots.orderOf(computed, node)!);
      const finite = Number.isFinite(sums.lossSum);
      return {
        node,
        ...sums,
        samples: samplesIn(node, round),
        finite,
        ...settleLocal(slots, node, computed),
      };
    });
  };

  /** False where the step must not be applied. */
  const update = async (step: number, order: ReturnType<Slots['orderOf']> & object): Promise<boolean> => {
    words.set(order.words);
    const { length: count, depth } = order;
    const phase = spec.clipping.type === 'norm' ? PHASE_SQUARES : PHASE_UPDATE;
    return run({ kind: 'close', from: step, count, depth }, phase);
  };

  return {
    async computeNodes(step, nodes) {
      const round = roundOf(step, ...nodes);
      return inTurn(async () => {
        const results: ComputedNode[] = [];
        while (results.length < nodes.length && round.state === 'open') {
          results.push(...(await computeSome(round, nodes.slice(results.length))));
        }
        return results;
      });
    },

    putResult(step, node, result) {
      const round = roundOf(step, node);
      return settleRemote(round.slots, node, samplesIn(node, round), result);
    },

    dropResult(step, node) {
      const { slots, state } = roundOf(step, node);
      if (state === 'closing') throw new Error(`step ${step} is being closed`);
      const held = slots.find(node);
      if (held !== undefined) slots.drop(held);
    },

    slotOf: (step, node) => roundOf(step, node).slots.find(node)?.slot,

    resultBytes(step, node) {
      const { slots } = roundOf(step, node);
      const held = slots.find(node);
      return held && slots.bytesOf(held.slot);
    },

    async closeStep(step) {
      const round = roundOf(step);
      const { slots, shards, batch } = round;
      return inTurn(async () => {
        if (round.state !== 'open') throw new Error(`step ${step} is over`);
        const known = slots.known();
        const order = slots.orderOf(known, round.top);
        if (order === undefined) {
          const names = known.map(({ node }) => `${node.level}/${node.index}`).join(', ');
          throw new Error(
            `step ${step} has ${shards} shards, but is closed with the nodes ${names || '(none)'}`,
          );
        }
        const sums = slots.sumsOf(order);
        round.state = 'closing';
        const finite = Number.isFinite(sums.lossSum) && (await update(step, order));
        round.state = 'over';
        open = undefined;
        return { ...sums, samples: batch.count, diverged: !finite };
      });
    },

    abandonStep() {
      const round = open;
      if (round?.state === 'open') round.state = 'over';
      return inTurn(async () => {
        if (open === round) open = undefined;
      });
    },

    openStep: () => open?.step,
  };
}

const refuse = (): never => {
  throw new Error('the pool was opened without remoteNodesMax');
};

/** Of a pool that keeps no room for remote nodes. */
const noRounds: Rounds = {
  computeNodes: refuse,
  putResult: refuse,
  dropResult: refuse,
  slotOf: refuse,
  resultBytes: refuse,
  closeStep: refuse,
  abandonStep: async () => {},
  openStep: () => undefined,
};
