/**
 * Has the local threads compute nodes of a step: large ones in parts, each part in a slot of its own. What is not
 * finite is not kept, in parts or whole.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import type { Job } from './control.ts';
import { PHASE_COMPUTE } from './control.ts';
import { descendants } from './cover.ts';
import type { StepShape } from './round-shape.ts';
import { samplesIn } from './round-shape.ts';
import type { Shared, StepSums } from './shared.ts';
import type { Slots } from './slots.ts';
import type { Part, SumStore } from './sums.ts';
import { addUp } from './sums.ts';

/** What the local threads computed of a node. */
export interface ComputedNode extends StepSums {
  readonly node: Node;
  /** Undefined where the loss or a value of the gradient is not finite; then nothing was kept. */
  readonly sum: number | undefined;
}

/** The threads, as rounds need them. */
export interface Threads {
  /** Puts the order of an epoch where the threads read it; only while they are parked. */
  readonly setOrder: (epoch: number) => void;
  /** Does a job from its first phase on, and answers whether all was finite. */
  readonly run: (job: Job, phase: number) => Promise<boolean>;
}

interface Stores {
  readonly slots: Slots;
  readonly sums: SumStore;
}

/** Computes some nodes of a step in one job; one call after the other. */
export function nodeComputer(shared: Shared, { slots, sums, setOrder, run }: Stores & Threads) {
  const words = new Int32Array(shared.round);

  const computeParts = async (shape: StepShape, nodes: readonly Node[]): Promise<Part[]> => {
    const taken = sums.takeLocal(nodes.length);
    setOrder(shape.batch.epoch);
    let samples = 0;
    for (const [task, node] of nodes.entries()) {
      words.set([taken[task]!, node.level, node.index], task * 3);
      samples += samplesIn(shape, node);
    }
    const most = samples * 2 >= shape.batch.count;
    await run({ kind: 'nodes', from: shape.step, count: nodes.length, most }, PHASE_COMPUTE);
    return nodes.map((node, task) => ({ node, slot: taken[task]!, ...slots.sumsOf(taken[task]!) }));
  };

  const keep = (shape: StepShape, node: Node, parts: readonly Part[]): ComputedNode => {
    const { order, lossSum, correct } = addUp(parts, node, shape.shards)!;
    // The threads have looked at each part, and its loss tells; a sum of finite parts may overflow all the same.
    const finite = Number.isFinite(lossSum) && (parts.length === 1 || slots.isFinite(order));
    if (!finite) for (const { slot } of parts) sums.giveBack(slot);
    const sum = finite ? sums.keep({ node, parts, lossSum, correct }) : undefined;
    return { node, lossSum, correct, samples: samplesIn(shape, node), sum };
  };

  return async (shape: StepShape, nodes: readonly Node[]): Promise<ComputedNode[]> => {
    const { level, shards } = shape;
    const cut = nodes.map((node) => (node.level <= level ? [node] : descendants(node, level, shards)));
    const parts = await computeParts(shape, cut.flat());
    let end = 0;
    return nodes.map((node, i) => {
      const begin = end;
      end += cut[i]!.length;
      return keep(shape, node, parts.slice(begin, end));
    });
  };
}
