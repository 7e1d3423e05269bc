/** A stretch for tests of single cases, played event by event, with a clock and the answers of a pool. */

import type { Node } from '@hivegrad/shared/reduce/tree';
import type { StepSums } from '../training/sums.ts';
import type { FleetOptions } from './events.ts';
import type { Grant } from './state.ts';
import type { Stretch, StretchCommand, StretchEvent } from './stretch.ts';
import { createStretch, stretchStep } from './stretch.ts';
import { nodeOf } from './tree.ts';

type Of<T extends StretchCommand['type']> = Extract<StretchCommand, { type: T }>;
/** As `Omit`, for each member of the union by itself. */
type Timeless<E> = E extends { nowMs: number } ? Omit<E, 'nowMs'> : E;

const options: FleetOptions = {
  share: 'always',
  localThreads: 1,
  nodesMax: 64,
  sparesMax: 16,
  newcomerAudits: 0,
  auditRate: 0,
  rememberedMax: 100,
};

/** Epochs of three steps: two of four shards, and one of two. */
const shape = { samples: 10, batchSize: 4, shardSize: 1 };

const sumsOf = (step: number): StepSums => ({ lossSum: step, correct: step, samples: 4 });
export const sumsOfSteps = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => sumsOf(from + i));

/** A stretch that is sent events, with a clock and the answers of a pool. */
export class StretchPlay {
  readonly stretch: Stretch;
  last: StretchCommand[] = [];
  nowMs = 0;
  private handle = 0;

  constructor(changed: Partial<FleetOptions> = {}) {
    this.stretch = createStretch(shape, { ...options, ...changed });
  }

  does(event: Timeless<StretchEvent>, afterMs = 0): StretchCommand[] {
    this.nowMs += afterMs;
    this.last = stretchStep(this.stretch, { ...event, nowMs: this.nowMs } as StretchEvent);
    return this.last;
  }

  run(from: number, to: number): StretchCommand[] {
    return this.does({ type: 'run', from, to });
  }

  hold(atOnce: boolean): StretchCommand[] {
    return this.does({ type: 'hold', atOnce });
  }

  join(worker: number): StretchCommand[] {
    return this.does({ type: 'joined', worker, trust: 'trusted' });
  }

  leave(worker: number): StretchCommand[] {
    return this.does({ type: 'left', worker });
  }

  /** The local threads have taken steps up to `to`. */
  localSteps(to: number, { ms = 10, diverged = false } = {}): StretchCommand[] {
    const sums = sumsOfSteps(this.stretch.at, to);
    return this.does({ type: 'localSteps', at: to, sums, diverged }, ms);
  }

  result(worker: number, node: Node, { step = this.stretch.at, ms = 10 } = {}): StretchCommand[] {
    const handle = this.handle++;
    return this.does({ type: 'result', worker, step, node, handle, computeMs: ms / 2, draw: 1 }, ms);
  }

  localDone(nodes: readonly Node[], { finite = true, ms = 10 } = {}): StretchCommand[] {
    const results = nodes.map((node) => ({ node, handle: finite ? this.handle++ : undefined }));
    return this.does({ type: 'localDone', step: this.stretch.at, results }, ms);
  }

  /** The local threads do whatever they are asked for. */
  localThreads(): void {
    for (let { round } = this.stretch.fleet; round?.local !== undefined; { round } = this.stretch.fleet) {
      const { tree, local } = round;
      this.localDone(local.keys.map((key) => nodeOf(tree, key)));
    }
  }

  /** Worker 1 does whatever it is given. */
  worker(): void {
    for (let { lease } = this; lease !== undefined; { lease } = this) this.result(1, lease.node);
  }

  /** What worker 1 is at. */
  get lease(): Grant | undefined {
    return this.stretch.fleet.workers.get(1)?.leases[0];
  }

  closed(diverged = false): StretchCommand[] {
    return this.does({ type: 'closed', sums: sumsOf(this.stretch.at), diverged });
  }

  one<T extends StretchCommand['type']>(type: T): Of<T> {
    const found = this.last.filter((command): command is Of<T> => command.type === type);
    if (found.length !== 1) throw new Error(`${found.length} x ${type} in ${JSON.stringify(this.last)}`);
    return found[0]!;
  }

  types(): string[] {
    return this.last.map(({ type }) => type);
  }

  /** Nodes that were just given, as "worker: level/index". */
  given(): string[] {
    return this.last
      .filter((command) => command.type === 'assign')
      .map(({ worker, node: { level, index } }) => `${worker}: ${level}/${index}`);
  }
}
