/**
 * A step that is put together from nodes of any levels, by whomever they were computed: the local threads compute
 * nodes on demand, sums of remote workers are copied in, and the step is closed with the sums that the caller names.
 * A plain store: whom to believe, and which of several sums for the same samples counts, the caller decides. The bits
 * are those of `runSteps`.
 *
 * Every sum has a number and lies in the pool until it is released or the step ends. Threads do one job after the
 * other; what comes from remote workers is stored, compared and released at any time.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { PHASE_SQUARES, PHASE_UPDATE } from './control.ts';
import type { ComputedNode, Threads } from './round-compute.ts';
import { nodeComputer } from './round-compute.ts';
import type { StepShape } from './round-shape.ts';
import { checkNode, samplesIn, shapeOf } from './round-shape.ts';
import type { Shared, StepSums } from './shared.ts';
import { openSlots } from './slots.ts';
import type { Addition } from './sums.ts';
import { addUp, openSums } from './sums.ts';

/** What a remote worker computed of a node. */
export interface NodeResult {
  /** The sum over the samples, laid out like the weights; as bytes little-endian, at any offset. */
  readonly gradient: Uint8Array | Float32Array;
  /** A float32. */
  readonly lossSum: number;
  readonly correct: number;
}

/** What is told of a sum. */
export interface KnownSum {
  readonly node: Node;
  readonly lossSum: number;
  readonly correct: number;
  /** The gradient, as a view that lasts as long as the sum; absent where it lies in parts. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Steps in rounds. The first call for a step opens it; until it is closed or abandoned all calls name this step, and
 * `runSteps` is not called. A sum is a number that is never used twice. Calls for another step or one that was closed,
 * for nodes that the step does not have, and for sums that it does not have, are errors of the caller and throw.
 */
export interface Rounds {
  /**
   * Has the local threads compute nodes of a step under version `step`, a node above those of `nodesOfBatch` in parts
   * of that level. Calls wait for those before. Empty where the step ends meanwhile.
   * @throws Error where there is no room; see `layout.round.localSlots`
   */
  computeNodes(step: number, nodes: readonly Node[]): Promise<ComputedNode[]>;
  /**
   * Copies what a remote worker computed. Undefined, and nothing is kept, where a value is not finite, and where no
   * computation gives this: the loss is no float32, or `correct` no count of the node's samples.
   * @throws RangeError for a gradient of another length
   * @throws Error where there is no room; see `roomForSums`
   */
  putSum(step: number, node: Node, result: NodeResult): number | undefined;
  /**
   * Sums of remote workers that can be put now. There can be none while many that nobody needs otherwise wait for
   * their audits; then a result is best treated as one that was lost.
   */
  roomForSums(): number;
  /** Forgets a sum. One of a step that has ended is forgotten already, and that is no error. */
  releaseSum(sum: number): void;
  /**
   * Whether two lists of sums, each of which makes up `node`, have the same bytes of the gradient, bits of the loss and
   * count. Adds in blocks along the tree, at once.
   * @throws Error where a list leaves a gap or overlaps
   */
  compareSums(node: Node, left: readonly number[], right: readonly number[]): boolean;
  sumOf(sum: number): KnownSum;
  /**
   * Adds sums that make up the mini-batch along the tree and updates version `step` to the next; all others are
   * forgotten. `diverged` as with `runSteps`.
   * @throws Error where they leave a gap or overlap; the step stays open
   */
  closeStep(step: number, sums: readonly number[]): Promise<StepSums & { readonly diverged: boolean }>;
  /** Forgets all sums of the open step, if there is one, when the threads have finished what they are at. */
  abandonStep(): Promise<void>;
  /** The step that is open. */
  openStep(): number | undefined;
}

interface Round {
  readonly shape: StepShape;
  /** It is closed, or is to be abandoned. */
  over: boolean;
}

export function openRounds(shared: Shared, { setOrder, run }: Threads): Rounds {
  const { layout, spec } = shared;
  if (layout.round === undefined) return noRounds;
  const slots = openSlots(shared, layout.round);
  const sums = openSums(layout.round);
  const compute = nodeComputer(shared, { slots, sums, setOrder, run });
  const words = new Int32Array(shared.round);
  let open: Round | undefined;
  let lastClosed = -1;
  let before: Promise<unknown> = Promise.resolve();

  const beginRound = (step: number): Round => {
    if (step <= lastClosed) throw new Error(`step ${step} was closed`);
    return { shape: shapeOf(shared, step), over: false };
  };
  const roundOf = (step: number, nodes: readonly Node[]): Round => {
    open ??= beginRound(step);
    if (open.shape.step !== step) throw new Error(`step ${open.shape.step} is open, not step ${step}`);
    if (open.over) throw new Error(`step ${step} is being abandoned`);
    for (const node of nodes) checkNode(open.shape, node);
    return open;
  };
  /** One after the other: threads take the next job when they are parked. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = before.then(work);
    before = done.catch(() => {});
    return done;
  };
  const endRound = () => {
    sums.clear();
    open = undefined;
  };
  const addOf = ({ shards }: StepShape, node: Node, numbers: readonly number[]): Addition => {
    const parts = numbers.flatMap((number) => sums.find(number).parts);
    const addition = addUp(parts, node, shards);
    if (addition !== undefined) return addition;
    const names = parts.map((part) => `${part.node.level}/${part.node.index}`).join(', ');
    throw new Error(
      `node ${node.level}/${node.index} of ${shards} shards is not made up of ${names || '(none)'}`,
    );
  };
  /** False where the step must not be applied. */
  const update = async (step: number, { order }: Addition): Promise<boolean> => {
    words.set(order.words);
    const { length: count, depth } = order;
    const phase = spec.clipping.type === 'norm' ? PHASE_SQUARES : PHASE_UPDATE;
    return run({ kind: 'close', from: step, count, depth }, phase);
  };

  return {
    async computeNodes(step, nodes) {
      const round = roundOf(step, nodes);
      return inTurn(async () => {
        const computed = round.over ? [] : await compute(round.shape, nodes);
        return round.over ? [] : computed;
      });
    },

    putSum(step, node, { gradient, lossSum, correct }) {
      const { shape } = roundOf(step, [node]);
      const bytes = new Uint8Array(gradient.buffer, gradient.byteOffset, gradient.byteLength);
      if (bytes.length !== slots.bytes) {
        throw new RangeError(`a gradient has ${slots.bytes} bytes, not ${bytes.length}`);
      }
      const counts = Number.isInteger(correct) && correct >= 0 && correct <= samplesIn(shape, node);
      if (!counts || !Number.isFinite(lossSum) || Math.fround(lossSum) !== lossSum) return undefined;
      const slot = sums.takeRemote();
      if (slots.write(slot, bytes)) {
        return sums.keep({ node, parts: [{ node, slot, lossSum, correct }], lossSum, correct });
      }
      sums.giveBack(slot);
      return undefined;
    },

    roomForSums: sums.remoteLeft,
    releaseSum: sums.release,

    compareSums(node, left, right) {
      if (open === undefined) throw new Error('no step is open');
      const { shape } = open;
      checkNode(shape, node);
      const [one, other] = [addOf(shape, node, left), addOf(shape, node, right)];
      const alike = Object.is(one.lossSum, other.lossSum) && one.correct === other.correct;
      return alike && slots.areEqual(one.order, other.order);
    },

    sumOf(number) {
      const { parts, ...sum } = sums.find(number);
      return { ...sum, bytes: parts.length === 1 ? slots.bytesOf(parts[0]!.slot) : undefined };
    },

    async closeStep(step, numbers) {
      const round = open;
      if (round?.shape.step !== step) throw new Error(`step ${step} is not open`);
      return inTurn(async () => {
        if (round.over) throw new Error(`step ${step} is over`);
        const { shape } = round;
        const addition = addOf(shape, shape.top, numbers);
        // Threads read their slots from here on.
        for (const number of numbers) sums.handOver(number);
        const { lossSum, correct } = addition;
        const finite = Number.isFinite(lossSum) && (await update(step, addition));
        round.over = true;
        if (finite) lastClosed = step;
        endRound();
        return { lossSum, correct, samples: shape.batch.count, diverged: !finite };
      });
    },

    abandonStep() {
      const round = open;
      if (round !== undefined) round.over = true;
      return inTurn(async () => {
        if (open === round) endRound();
      });
    },

    openStep: () => open?.shape.step,
  };
}

const refuse = (): never => {
  throw new Error('the pool was opened without rounds');
};

/** Of a pool that keeps no room for rounds. */
const noRounds: Rounds = {
  computeNodes: refuse,
  putSum: refuse,
  roomForSums: refuse,
  releaseSum: refuse,
  compareSums: refuse,
  sumOf: refuse,
  closeStep: refuse,
  abandonStep: async () => {},
  openStep: () => undefined,
};
