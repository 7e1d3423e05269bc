/**
 * A simulated worker and its connection. It computes hashes of the weights that it was really sent, one node after the
 * other, and everything goes wrong that the plan allows. A connection keeps the order of what the run sends.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { sumOf } from './model.test.support.ts';
import type { Faults, WorkerPlan } from './plan.test.support.ts';
import type { Random } from './random.test.support.ts';
import type { Timeline } from './timeline.test.support.ts';

/** What a worker says, before the shell makes an event of it. */
export type Said =
  | { readonly type: 'joined' | 'left' | 'paused' | 'resumed' | 'draining' }
  | {
      readonly type: 'result';
      readonly step: number;
      readonly node: Node;
      readonly value: number;
      readonly ms: number;
    }
  | { readonly type: 'notFinite' | 'missing'; readonly step: number; readonly node: Node };

export interface Surroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly faults: Faults;
  shardsOf(step: number): number;
  /** Whether the true sum of a node is. */
  hasFiniteSum(step: number, node: Node): boolean;
  /** Faults happen no more. */
  isCalm(): boolean;
  hear(worker: number, said: Said): void;
}

const DETECT_MS = 400;
const AWAY_MS = 200;
const LEAVE_MS = 2_000;
/** How many times slower a node is computed, and later a message comes, if that goes wrong. */
const SLOW = 30;
const LATE = 50;
/** With what varies by itself. */
export const SLOW_MAX: number = SLOW * 1.2;
export const DELAY_MAX: number = LATE * 1.5;

export class SimulatedWorker {
  readonly plan: WorkerPlan;
  banned = false;
  /** Lies that were sent. */
  lies = 0;
  private readonly around: Surroundings;
  /** The number of the connection, or undefined without one. */
  private connection: number | undefined;
  private connections = 0;
  private halfOpen = false;
  private paused = false;
  /** Grows when the process dies: what an earlier one was at is lost. */
  private life = 0;
  private weights: { version: number; value: number } | undefined;
  private busyUntilMs = 0;
  private arrivesMs = 0;
  /** When the last word about pausing arrives: those keep their order. */
  private heardMs = 0;
  private readonly cancelled = new Set<string>();
  private outbox: Said[] = [];

  constructor(plan: WorkerPlan, around: Surroundings) {
    this.plan = plan;
    this.around = around;
  }

  connect(): void {
    if (this.connection !== undefined || this.banned) return;
    this.connection = ++this.connections;
    this.halfOpen = false;
    this.paused = false;
    this.weights = undefined;
    this.around.hear(this.plan.id, { type: 'joined' });
    if (this.goesWrong('leave')) this.lose({ dies: false, detectMs: this.around.random.below(LEAVE_MS) });
    const waiting = this.outbox;
    this.outbox = [];
    for (const said of waiting) this.say(said);
  }

  sendWeights(version: number, value: number): void {
    this.deliver(() => {
      this.weights = { version, value };
    });
  }

  tell(type: 'assign' | 'cancel', step: number, node: Node): void {
    this.deliver(() => {
      const name = nameOf(step, node);
      if (type === 'cancel') this.cancelled.add(name);
      else this.compute(step, node);
    });
  }

  /** It is refused when it comes back, too. */
  ban(): void {
    this.connection = undefined;
    if (this.banned) return;
    this.banned = true;
    this.around.timeline.after(AWAY_MS, () => {
      if (this.banned) this.around.hear(this.plan.id, { type: 'joined' });
    });
  }

  /** The coordinator is gone. The next one knows nobody, so what was computed for this one is of no use. */
  cut(): void {
    this.connection = undefined;
    this.banned = false;
    this.halfOpen = false;
    this.paused = false;
    this.life++;
    this.busyUntilMs = 0;
    this.outbox = [];
    this.cancelled.clear();
  }

  /** The end of the chaos: what was away comes back. */
  calm(): void {
    if (this.halfOpen) this.lose({ dies: false, detectMs: 0 });
    if (this.paused) this.resume();
    this.connect();
  }

  private deliver(run: () => void): void {
    const { timeline } = this.around;
    const { connection, life } = this;
    if (connection === undefined) return;
    if (this.goesWrong('halfOpen')) this.breakSilently();
    if (this.halfOpen) return;
    this.arrivesMs = Math.max(this.arrivesMs, timeline.nowMs + this.delayMs());
    timeline.after(this.arrivesMs - timeline.nowMs, () => {
      if (this.connection === connection && this.life === life && !this.halfOpen) run();
    });
  }

  private compute(step: number, node: Node): void {
    const { timeline, random } = this.around;
    if (this.goesWrong('nonsense')) this.sayNonsense(step, node);
    if (this.weights?.version !== step) return;
    if (this.goesWrong('disconnect')) this.lose({ dies: false, detectMs: 1 });
    if (this.goesWrong('crash')) this.lose({ dies: true, detectMs: random.below(DETECT_MS) });
    if (this.goesWrong('pause')) this.pause();
    if (this.goesWrong('drain')) this.drain();
    if (this.goesWrong('missing')) {
      this.say({ type: 'missing', step, node });
      return;
    }
    const weights = this.weights.value;
    const ofStep = this.around.shardsOf(step);
    const shards = Math.min(1 << node.level, ofStep - (node.index << node.level));
    const slow = this.goesWrong('slow') ? SLOW : 1;
    const ms = shards * this.plan.perShardMs * slow * (1 + random.below(10) / 50);
    const beginMs = Math.max(timeline.nowMs, this.busyUntilMs);
    this.busyUntilMs = beginMs + ms;
    const { life } = this;
    timeline.after(this.busyUntilMs - timeline.nowMs, () => {
      if (this.life !== life) return;
      const isCancelled = this.cancelled.delete(nameOf(step, node));
      if ((isCancelled && random.chance(0.8)) || this.goesWrong('forget')) return;
      this.answer(step, node, { value: sumOf(weights, ofStep, node), ms });
    });
  }

  private answer(step: number, node: Node, { value, ms }: { value: number; ms: number }): void {
    const { random } = this.around;
    const isLie = this.plan.lies > 0 && random.chance(this.plan.lies);
    if (isLie) this.lies++;
    const saysFinite = isLie ? random.chance(0.9) : this.around.hasFiniteSum(step, node);
    if (!saysFinite) this.say({ type: 'notFinite', step, node });
    // All liars tell the same lie, so that two of them agree.
    else this.say({ type: 'result', step, node, value: isLie ? ~value : value, ms });
  }

  private sayNonsense(step: number, node: Node): void {
    const { random } = this.around;
    const shards = this.around.shardsOf(step);
    const wrong = [
      // So far ahead that it is wrong whenever it arrives.
      { step: step + 1000, node },
      { step: step - 1, node },
      { step, node: { level: random.below(4), index: random.below(9) } },
      { step, node: { level: 40, index: 1e9 } },
    ][random.below(4)]!;
    // A node of this step it may have been given before: what it says of that is true.
    const isOfStep = wrong.step === step && wrong.node.level < 40;
    const exists = wrong.node.index << wrong.node.level < shards;
    const isKnown = exists && this.weights?.version === step && this.around.hasFiniteSum(step, wrong.node);
    if (isOfStep && !isKnown) return;
    const value = isOfStep ? sumOf(this.weights!.value, shards, wrong.node) : 0;
    this.say({ type: 'result', ...wrong, value, ms: 1 });
  }

  private say(said: Said): void {
    const { timeline } = this.around;
    if (this.connection === undefined) {
      if (said.type === 'result') this.outbox.push(said);
      return;
    }
    if (this.goesWrong('halfOpen')) this.breakSilently();
    if (this.halfOpen) return;
    const { connection } = this;
    const times = this.goesWrong('duplicate') ? 2 : 1;
    for (let i = 0; i < times; i++) {
      const inOrder = said.type === 'paused' || said.type === 'resumed' || said.type === 'draining';
      const delayMs = Math.max(this.delayMs(), inOrder ? this.heardMs - timeline.nowMs : 0);
      if (inOrder) this.heardMs = timeline.nowMs + delayMs;
      timeline.after(delayMs, () => {
        if (this.connection === connection && !this.halfOpen) this.around.hear(this.plan.id, said);
      });
    }
  }

  private breakSilently(): void {
    if (this.halfOpen) return;
    this.halfOpen = true;
    this.lose({ dies: false, detectMs: DETECT_MS });
  }

  /** The run notices later; then the worker comes back. */
  private lose({ dies, detectMs }: { dies: boolean; detectMs: number }): void {
    const { timeline, random } = this.around;
    const { connection } = this;
    if (dies) {
      this.life++;
      this.busyUntilMs = 0;
      this.halfOpen = true;
    }
    timeline.after(detectMs, () => {
      if (this.connection !== connection || connection === undefined) return;
      this.connection = undefined;
      this.around.hear(this.plan.id, { type: 'left' });
      timeline.after(random.below(AWAY_MS), () => this.connect());
    });
  }

  private pause(): void {
    const { timeline, random } = this.around;
    if (this.paused) return;
    this.paused = true;
    this.say({ type: 'paused' });
    timeline.after(random.below(AWAY_MS), () => this.resume());
  }

  /** It goes when it may be done, and comes back. */
  private drain(): void {
    this.say({ type: 'draining' });
    this.lose({ dies: false, detectMs: DETECT_MS });
  }

  private resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.say({ type: 'resumed' });
  }

  private delayMs(): number {
    const { random } = this.around;
    const late = this.goesWrong('delay') ? LATE : 1;
    return this.plan.latencyMs * late * (0.5 + random.below(10) / 10);
  }

  private goesWrong(fault: keyof Faults): boolean {
    const { faults, random } = this.around;
    return !this.around.isCalm() && faults[fault] > 0 && random.chance(faults[fault]);
  }
}

export function nameOf(step: number, { level, index }: Node): string {
  return `${step}/${level}/${index}`;
}
