/**
 * A whole run in a heap of events under one seed: the fleet, workers over bad connections, the local threads and the
 * shell around them. What the fleet may not do is checked after every event (simulation-checks.test.support.ts); and
 * once the chaos is over the run must end.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { createRandom, demand, type Random, Violation } from '../training/simulation-plan.test.support.ts';
import type { FleetCommand, FleetEvent, Part } from './events.ts';
import { wakeAtMs } from './fleet.ts';
import { Bookkeeper } from './simulation-checks.test.support.ts';
import { added, mix, sumOf, Timeline } from './simulation-model.test.support.ts';
import type { SimulationPlan } from './simulation-plan.test.support.ts';
import { randomSimulation } from './simulation-plan.test.support.ts';
import type { Said } from './simulation-worker.test.support.ts';
import { SimulatedWorker } from './simulation-worker.test.support.ts';
import type { Fleet } from './state.ts';
import { createFleet } from './state.ts';

export type FleetStep = (fleet: Fleet, event: FleetEvent) => FleetCommand[];

/** What happened, so that a test can tell that it was not nothing. */
export interface Tally {
  readonly commands: Record<string, number>;
  banned: number;
  liesAccepted: number;
  endMs: number;
}

/** Happenings of one run at most; far more than any run here needs. */
const HAPPENINGS_MAX = 50_000;
/** Times so large that nothing in a run may last so long. */
const END_MS_MAX = 10_000_000;

export function simulate(seed: number, step: FleetStep, change?: Partial<SimulationPlan>): Tally {
  const random = createRandom(seed);
  const plan = { ...randomSimulation(random), ...change };
  try {
    return new Simulation(plan, random, step).run();
  } catch (error) {
    throw new Violation(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

class Simulation {
  private readonly plan: SimulationPlan;
  private readonly random: Random;
  private readonly step: FleetStep;
  private readonly timeline = new Timeline();
  private readonly fleet: Fleet;
  private readonly workers: readonly SimulatedWorker[];
  private readonly books: Bookkeeper;
  /** Value of each version of the weights. */
  private readonly weights: number[] = [1];
  private handle = 0;
  private calm = false;
  private ended = false;
  private wakeMs = Number.POSITIVE_INFINITY;
  private localBusyUntilMs = 0;
  private isLocalAtWork = false;
  private readonly tally: Tally = { commands: {}, banned: 0, liesAccepted: 0, endMs: 0 };

  constructor(plan: SimulationPlan, random: Random, step: FleetStep) {
    this.plan = plan;
    this.random = random;
    this.step = step;
    this.fleet = createFleet(plan.options);
    this.books = new Bookkeeper(this.fleet, plan);
    const around = {
      timeline: this.timeline,
      random,
      faults: plan.faults,
      shards: plan.shards,
      isCalm: () => this.calm,
      hear: (worker: number, said: Said) => this.hear(worker, said),
    };
    this.workers = plan.workers.map((worker) => new SimulatedWorker(worker, around));
  }

  run(): Tally {
    const { timeline, plan, random } = this;
    for (const worker of this.workers) timeline.after(random.below(300), () => worker.connect());
    timeline.after(plan.chaosMs, () => {
      this.calm = true;
      for (const worker of this.workers) worker.calm();
    });
    timeline.after(0, () => this.begin());
    for (let happened = 0; !this.ended; happened++) {
      demand(timeline.next(), 'nothing will happen any more and the run has not ended');
      demand(happened < HAPPENINGS_MAX && timeline.nowMs < END_MS_MAX, 'the run does not end');
    }
    this.checkEnd();
    this.tally.endMs = timeline.nowMs;
    return this.tally;
  }

  private begin(): void {
    const { plan, timeline } = this;
    const step = this.weights.length - 1;
    if (step === plan.steps) {
      this.ended = true;
      return;
    }
    this.dispatch({ type: 'begin', step, samples: plan.shards * 4 - 1, shardSize: 4, nowMs: timeline.nowMs });
  }

  private hear(worker: number, said: Said): void {
    const { nowMs } = this.timeline;
    switch (said.type) {
      case 'joined':
        this.dispatch({ type: 'joined', worker, trust: this.plan.workers[worker]!.trust, nowMs });
        return;
      case 'result': {
        const { step, node, value, ms } = said;
        const handle = this.hold(step, node, { value, worker });
        const draw = this.random.below(1000) / 1000;
        this.dispatch({ type: 'result', worker, step, node, handle, computeMs: ms, draw, nowMs });
        return;
      }
      case 'notFinite':
      case 'missing':
        this.dispatch({ ...said, worker, nowMs });
        return;
      default:
        this.dispatch({ type: said.type, worker, nowMs });
    }
  }

  private hold(step: number, node: Node, of: { value: number; worker: number | undefined }): number {
    const handle = this.handle++;
    this.books.hold(handle, { step, node, ...of });
    return handle;
  }

  private dispatch(event: FleetEvent): void {
    this.books.before(event);
    const commands = this.step(this.fleet, event);
    for (const command of commands) {
      this.tally.commands[command.type] = (this.tally.commands[command.type] ?? 0) + 1;
      this.books.note(command, this.weights);
      this.execute(command);
    }
    this.books.after(event, commands);
    this.planTick();
  }

  private planTick(): void {
    const { nowMs } = this.timeline;
    const at = wakeAtMs(this.fleet, nowMs);
    if (at === undefined || at >= this.wakeMs) return;
    this.wakeMs = at;
    this.timeline.after(Math.max(0, at - nowMs), () => {
      if (this.wakeMs !== at) return;
      this.wakeMs = Number.POSITIVE_INFINITY;
      this.dispatch({ type: 'tick', nowMs: this.timeline.nowMs });
    });
  }

  private execute(command: FleetCommand): void {
    switch (command.type) {
      case 'sendWeights':
        this.workers[command.worker]!.sendWeights(command.version, this.weights[command.version]!);
        return;
      case 'assign':
      case 'cancel':
        this.workers[command.worker]!.tell(command.type, command.step, command.node);
        return;
      case 'ban':
        this.workers[command.worker]!.ban();
        if (command.proof !== undefined) this.tally.banned++;
        return;
      case 'computeLocal':
        this.computeLocal(command);
        return;
      case 'audit':
      case 'compare':
        this.check(command);
        return;
      case 'close':
        this.close(command.step, command.cover);
        return;
      case 'diverged':
      case 'poisoned':
        throw new Violation(`the run is ${command.type}`);
      default:
    }
  }

  private computeLocal({ step, nodes }: FleetCommand & { type: 'computeLocal' }): void {
    const shards = nodes.reduce((sum, { level }) => sum + (1 << level), 0);
    demand(shards > 0, 'the local threads get nothing');
    demand(!this.isLocalAtWork, 'the local threads are asked for two things at a time');
    this.isLocalAtWork = true;
    this.locally(shards * this.plan.localPerShardMs, () => {
      this.isLocalAtWork = false;
      const results = nodes.map((node) => {
        const value = this.truth(step, node);
        return { node, handle: this.hold(step, node, { value, worker: undefined }) };
      });
      this.dispatch({ type: 'localDone', step, results, nowMs: this.timeline.nowMs });
    });
  }

  private check(command: FleetCommand & { type: 'audit' | 'compare' }): void {
    const { check, step, node } = command;
    const answer = () => {
      const equal =
        command.type === 'audit'
          ? command.handle !== undefined && this.books.valueOf(command.handle) === this.truth(step, node)
          : this.total(node, command.left) === this.total(node, command.right);
      this.dispatch({ type: 'checked', check, equal, nowMs: this.timeline.nowMs });
    };
    if (command.type === 'audit') this.locally((1 << node.level) * this.plan.localPerShardMs, answer);
    else this.timeline.after(this.random.below(2), answer);
  }

  /** The pool does one thing after the other. */
  private locally(ms: number, run: () => void): void {
    const { nowMs } = this.timeline;
    this.localBusyUntilMs = Math.max(nowMs, this.localBusyUntilMs) + ms;
    this.timeline.after(this.localBusyUntilMs - nowMs, run);
  }

  private truth(step: number, node: Node): number {
    return sumOf(this.weights[step]!, this.plan.shards, node);
  }

  private total(node: Node, parts: readonly Part[]): number {
    const valued = parts.map(({ node: of, handle }) => ({ node: of, value: this.books.valueOf(handle) }));
    const sum = added(this.plan.shards, node, valued);
    demand(sum !== undefined, 'parts that do not make up their node are compared');
    return sum!;
  }

  private close(step: number, cover: readonly Part[]): void {
    const root = { level: 32 - Math.clz32(this.plan.shards - 1), index: 0 };
    const valued = cover.map(({ node, handle }) => ({ node, value: this.books.valueOf(handle) }));
    const sum = added(this.plan.shards, root, valued);
    demand(sum !== undefined, 'the step is not what its cover consists of, from left to right');
    demand(step === this.weights.length - 1, 'a step closes that is not under way');
    demand(!this.isLocalAtWork, 'a step closes while the local threads are at it');
    this.tally.liesAccepted += this.books.handOver(cover, this.weights);
    this.weights.push(mix(this.weights[step]!, sum!));
    this.timeline.after(this.random.below(3), () => this.begin());
  }

  private checkEnd(): void {
    const root = { level: 32 - Math.clz32(this.plan.shards - 1), index: 0 };
    if (this.tally.liesAccepted > 0) return;
    const expected = this.weights
      .slice(1)
      .reduce((weights) => mix(weights, sumOf(weights, this.plan.shards, root)), 1);
    demand(this.weights.at(-1) === expected, 'the weights are not those of an undisturbed run');
  }
}
