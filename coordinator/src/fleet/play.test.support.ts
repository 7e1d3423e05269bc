/** A fleet for tests of single cases, played event by event. Answers of commands are looked up by their type. */

import type { Node } from '@hivegrad/shared/reduce/tree';
import type { FleetCommand, FleetEvent, FleetOptions, Trust } from './events.ts';
import { fleetStep } from './fleet.ts';
import { createFleet, type Fleet } from './state.ts';

type Of<T extends FleetCommand['type']> = Extract<FleetCommand, { type: T }>;
/** As `Omit`, for each member of the union by itself. */
type Timeless<E> = E extends { nowMs: number } ? Omit<E, 'nowMs'> : E;

const options: FleetOptions = {
  share: 'always',
  localThreads: 0,
  nodesMax: 64,
  sparesMax: 16,
  newcomerAudits: 0,
  auditRate: 0,
  rememberedMax: 100,
};

export class Play {
  readonly fleet: Fleet;
  nowMs = 0;
  /** What the last event led to. */
  last: FleetCommand[] = [];
  private handle = 0;

  constructor(changed: Partial<FleetOptions> = {}) {
    this.fleet = createFleet({ ...options, ...changed });
  }

  does(event: Timeless<FleetEvent>, afterMs = 0): FleetCommand[] {
    this.nowMs += afterMs;
    this.last = fleetStep(this.fleet, { ...event, nowMs: this.nowMs } as FleetEvent);
    return this.last;
  }

  join(worker: number, trust: Trust = 'trusted'): FleetCommand[] {
    return this.does({ type: 'joined', worker, trust });
  }

  /** Begins a step of so many shards of one sample. */
  begin(step: number, shards: number): FleetCommand[] {
    return this.does({ type: 'begin', step, samples: shards, shardSize: 1 });
  }

  /** A result after `ms`, half of which were computing; answers its handle. */
  result(worker: number, node: Node, { ms = 10, draw = 1, step = this.fleet.step } = {}): number {
    const handle = this.handle++;
    this.does({ type: 'result', worker, step, node, handle, computeMs: ms / 2, draw }, ms);
    return handle;
  }

  localDone(nodes: readonly Node[], ms = 10): number[] {
    const results = nodes.map((node) => ({ node, handle: this.handle++ }));
    this.does({ type: 'localDone', step: this.fleet.step, results }, ms);
    return results.map(({ handle }) => handle);
  }

  checked(check: number, equal: boolean): FleetCommand[] {
    return this.does({ type: 'checked', check, equal });
  }

  all<T extends FleetCommand['type']>(type: T): Of<T>[] {
    return this.last.filter((command): command is Of<T> => command.type === type);
  }

  /** The only command of its type. */
  one<T extends FleetCommand['type']>(type: T): Of<T> {
    const found = this.all(type);
    if (found.length !== 1) throw new Error(`${found.length} x ${type} in ${JSON.stringify(this.last)}`);
    return found[0]!;
  }

  /** Nodes that a worker was just given, as "level/index". */
  given(worker: number): string[] {
    return this.all('assign')
      .filter((command) => command.worker === worker)
      .map(({ node }) => `${node.level}/${node.index}`);
  }

  /** Makes a worker known as one that takes `ms` a shard, half of it exchange, in steps of its own. */
  measure(worker: number, step: number, ms: number): void {
    this.begin(step, 1);
    this.result(worker, { level: 0, index: 0 }, { ms });
  }
}

export const at = (level: number, index: number): Node => ({ level, index });
