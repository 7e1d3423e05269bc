/**
 * The pool of a simulated process: the model, and threads that take steps by themselves, compute nodes of a round,
 * audit and close it. It does one thing after the other, and demands that it is never asked for two at once.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { samplesOfNode } from '@hivegrad/shared/reduce/tree';
import type { Part } from '../fleet/events.ts';
import type { StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { noSums } from '../training/sums.ts';
import { LAG_MAX } from './core-checks.test.support.ts';
import { trainSums } from './expected.test.support.ts';
import type { Bookkeeper } from './fleet-checks.test.support.ts';
import type { Model } from './model.test.support.ts';
import { added, rootOf, updated } from './model.test.support.ts';
import { batchOf, shardsOfStep } from './plan.test.support.ts';
import { demand } from './random.test.support.ts';
import type { World } from './world.test.support.ts';
import { stepOf, truthOf } from './world.test.support.ts';

type Of<T extends StretchCommand['type']> = StretchCommand & { readonly type: T };

/** What the pool needs of the process that it is in. */
export interface Life {
  readonly world: World;
  readonly books: Bookkeeper;
  /** As long as the process lives. */
  later(delayMs: number, run: () => void): void;
  tell(event: StretchEvent): void;
  tookStep(): void;
}

export class SimulatedPool {
  model: Model;
  private readonly life: Life;
  private handle = 0;
  private local: { readonly from: number; readonly to: number; left: number | undefined } | undefined;
  private isComputing = false;
  private busyUntilMs = 0;
  /** Grows when a round is given up: what was asked for in an earlier one is of no use. */
  private generation = 0;

  constructor(life: Life, model: Model) {
    this.life = life;
    this.model = model;
  }

  /** The steps that are taken without rounds are to end. */
  get isLocalHeld(): boolean {
    return this.local?.left !== undefined;
  }

  /** A sum that lies in the pool now. */
  hold(step: number, node: Node, of: { value: number; worker: number | undefined }): number {
    const handle = this.handle++;
    this.life.books.hold(handle, { step, node, ...of });
    return handle;
  }

  runLocal({ from, to }: Of<'runLocal'>): void {
    const { plan } = this.life.world;
    demand(
      this.local === undefined && !this.isComputing,
      'the local threads are asked for two things at a time',
    );
    demand(from === stepOf(this.life.world), 'local steps do not begin where the last step ended');
    demand(plan.options.localThreads > 0, 'steps are taken by threads that take no part');
    this.local = { from, to, left: undefined };
    this.nextLocal();
  }

  holdLocal(): void {
    demand(
      this.local !== undefined && this.local.left === undefined,
      'a hold of threads that nothing waits for',
    );
    this.local!.left = this.life.world.random.below(LAG_MAX + 1);
    this.life.world.tally.localHolds++;
  }

  computeLocal({ step, nodes }: Of<'computeLocal'>): void {
    const { tell, world } = this.life;
    demand(step === stepOf(world), 'the local threads get nodes of another step');
    demand(nodes.length > 0, 'the local threads get nothing');
    demand(
      this.local === undefined && !this.isComputing,
      'the local threads are asked for two things at a time',
    );
    this.isComputing = true;
    const shards = nodes.reduce((sum, { level }) => sum + (1 << level), 0);
    const { generation } = this;
    this.locally(shards * world.plan.localPerShardMs, () => {
      const isGivenUp = this.generation !== generation;
      if (!isGivenUp) this.isComputing = false;
      else if (world.random.chance(0.5)) return;
      const results = nodes.map((node) => {
        const value = truthOf(world, step, node);
        const handle = value === undefined ? undefined : this.hold(step, node, { value, worker: undefined });
        return { node, handle };
      });
      tell({ type: 'localDone', step, results, nowMs: world.timeline.nowMs });
    });
  }

  check(command: Of<'audit' | 'compare'>): void {
    const { books, later, tell, world } = this.life;
    const { check, step, node } = command;
    const { generation } = this;
    const answer = () => {
      if (this.generation !== generation) return;
      const equal =
        command.type === 'compare'
          ? this.total(step, node, command.left) === this.total(step, node, command.right)
          : truthOf(world, step, node) ===
            (command.handle === undefined ? undefined : books.valueOf(command.handle));
      tell({ type: 'checked', check, equal, nowMs: world.timeline.nowMs });
    };
    if (command.type === 'audit') this.locally((1 << node.level) * world.plan.localPerShardMs, answer);
    else later(world.random.below(2), answer);
  }

  close({ step, cover }: Of<'close'>): void {
    const { world, books, later, tell } = this.life;
    const { plan } = world;
    demand(step === stepOf(world), 'a step closes that is not under way');
    demand(!this.isComputing, 'a step closes while the local threads are at it');
    const sum = this.total(step, rootOf(shardsOfStep(plan, step)), cover);
    const samples = cover.reduce((all, { node }) => all + this.samplesOf(step, node), 0);
    demand(
      samples === this.samplesOf(step, rootOf(shardsOfStep(plan, step))),
      'samples do not add up to the batch',
    );
    const lies = books.handOver(cover, (node) => truthOf(world, step, node));
    later(world.random.below(3), () => {
      const diverged = plan.divergence?.step === step && plan.divergence.shard === undefined;
      if (!diverged) this.take(sum, lies);
      world.tally.roundSteps += diverged ? 0 : 1;
      const sums = diverged ? noSums : trainSums(step);
      tell({ type: 'closed', sums, diverged, nowMs: world.timeline.nowMs });
    });
  }

  abandon(): void {
    const { world, later, tell } = this.life;
    this.generation++;
    later(world.random.below(20), () => {
      this.isComputing = false;
      tell({ type: 'abandoned', nowMs: world.timeline.nowMs });
    });
  }

  private nextLocal(): void {
    const { world, tell } = this.life;
    const { plan } = world;
    const at = stepOf(world);
    const shards = shardsOfStep(plan, at);
    this.locally(shards * plan.localPerShardMs, () => {
      const { from, to, left } = this.local!;
      const diverged = plan.divergence?.step === at;
      if (!diverged) {
        this.take(truthOf(world, at, rootOf(shards))!, 0);
        world.tally.localSteps++;
        const isEnd = at + 1 === to || left === 0;
        if (left !== undefined) this.local!.left = left - 1;
        if (!isEnd) {
          this.nextLocal();
          return;
        }
      }
      this.local = undefined;
      const steps = Array.from({ length: stepOf(world) - from }, (_, i) => from + i);
      const sums = steps.map(trainSums);
      tell({ type: 'localSteps', at: stepOf(world), sums, diverged, nowMs: world.timeline.nowMs });
    });
  }

  private take(sum: number, lies: number): void {
    const { world } = this.life;
    this.life.tookStep();
    this.model = updated(this.model, sum);
    world.taken.push({ ...this.model, lies });
    world.tally.liesAccepted += lies;
  }

  private total(step: number, node: Node, parts: readonly Part[]): number {
    const { books, world } = this.life;
    const valued = parts.map(({ node: of, handle }) => ({ node: of, value: books.valueOf(handle) }));
    const sum = added(shardsOfStep(world.plan, step), node, valued);
    demand(sum !== undefined, 'sums do not make up their node from left to right');
    return sum!;
  }

  private samplesOf(step: number, node: Node): number {
    const { plan } = this.life.world;
    const { begin, end } = samplesOfNode(node, batchOf(plan, step), plan.shape.shardSize);
    return end - begin;
  }

  /** The threads do one thing after the other. */
  private locally(ms: number, run: () => void): void {
    const { nowMs } = this.life.world.timeline;
    this.busyUntilMs = Math.max(nowMs, this.busyUntilMs) + ms;
    this.life.later(this.busyUntilMs - nowMs, run);
  }
}
