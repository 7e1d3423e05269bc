/**
 * Plays whole runs of the core in a world without threads, disk and clock: under one seed stretches take any time,
 * people stop the run, and crashes discard all but what was durable. After every event the world checks what a core
 * may do, and at the end that the run left what an uninterrupted one leaves.
 */

import type { Command, Event, MetricsLine, Outcome, Plan, Progress, State, Transition } from './core.ts';
import { initialState, startOfRun } from './core.ts';
import type { Random } from './simulation-plan.test.support.ts';
import {
  createRandom,
  demand,
  randomPlan,
  testSums,
  trainSums,
  uninterrupted,
} from './simulation-plan.test.support.ts';

export type Step = (plan: Plan, state: State, event: Event) => Transition;

/** How often things happened, so that a test can see that they do. */
export interface Tally {
  crashes: number;
  stops: number;
  holds: number;
  checkpoints: number;
  checkpointsLeftOut: number;
  outcomes: Outcome[];
}

/** What survives a crash. */
interface Disk {
  lines: string[];
  durable: string | undefined;
  /** Steps that are part of the run: cut with each crash, so that a step computed twice shows. */
  history: number[];
}

/** Events that one process takes at most: far more than any run here needs. */
const EVENTS_MAX = 5_000;
/** Steps that a stretch may still take when it was asked to end, beside the one under way. */
const LAG_MAX = 3;

/** Plays the run of `seed` from its beginning to its last exit. @throws Violation */
export function playRun(core: Step, seed: number): Tally {
  const random = createRandom(seed);
  const plan = randomPlan(random);
  const total = plan.stepsPerEpoch * plan.epochs;
  const divergesAt = random.chance(0.1) ? random.below(total) : undefined;
  const disk: Disk = { lines: [], durable: undefined, history: [] };
  const tally: Tally = {
    crashes: 0,
    stops: 0,
    holds: 0,
    checkpoints: 0,
    checkpointsLeftOut: 0,
    outcomes: [],
  };
  let interruptions = random.below(6);
  let nowMs = 1000 + random.below(1000);
  for (;;) {
    const process = new Process(core, plan, { disk, random, tally, divergesAt, nowMs });
    const outcome = process.play(interruptions > 0);
    nowMs = process.nowMs;
    interruptions--;
    if (outcome === 'finished' || outcome === 'diverged') break;
  }
  const expected = uninterrupted(plan, divergesAt ?? total);
  demand(disk.lines.join() === expected.join(), 'the metrics are not those of an uninterrupted run');
  demand(disk.history.length === (divergesAt ?? total), 'steps are missing');
  return tally;
}

class Process {
  nowMs: number;
  private readonly core: Step;
  private readonly plan: Plan;
  private readonly world: { disk: Disk; random: Random; tally: Tally; divergesAt: number | undefined };
  private state: State;
  private stretch: { from: number; to: number; beganMs: number; left: number | undefined } | undefined;
  private evaluating = false;
  private writing: { progress: string; lines: number } | undefined;
  private flushed: number;
  private checkpointAtMs: number;
  /** Both as they were before the present event. */
  private writingBefore = false;
  private checkpointBeforeMs = 0;
  private stepsSinceStop: number | undefined;
  private outcome: Outcome | undefined;

  constructor(core: Step, plan: Plan, world: Process['world'] & { nowMs: number }) {
    this.core = core;
    this.plan = plan;
    this.world = world;
    this.nowMs = world.nowMs;
    this.checkpointAtMs = world.nowMs;
    const { disk } = world;
    const progress = disk.durable === undefined ? startOfRun : (JSON.parse(disk.durable) as Progress);
    this.state = initialState(progress, disk.durable !== undefined);
    // What the resume of a run does: later lines than the checkpoint are removed.
    disk.lines = disk.lines.filter((line) => (JSON.parse(line) as MetricsLine).step <= progress.step);
    disk.history = disk.history.slice(0, progress.step);
    if (disk.durable === undefined) disk.lines = [];
    this.flushed = disk.lines.length;
  }

  /** Plays until the exit or, if it may be interrupted, a crash. */
  play(interruptible: boolean): Outcome | 'crashed' {
    const { random, tally } = this.world;
    if (interruptible && random.chance(0.03)) this.stop();
    this.dispatch({ type: 'start', nowMs: this.nowMs });
    for (let events = 0; this.outcome === undefined; events++) {
      demand(events < EVENTS_MAX, 'the run does not end');
      const waits = this.stretch !== undefined || this.evaluating || this.writing !== undefined;
      demand(waits, 'nothing is under way and the run does not end');
      if (interruptible && random.chance(0.02)) {
        this.crash();
        return 'crashed';
      }
      if (interruptible && random.chance(0.02)) this.stop();
      else if (random.chance(0.3)) this.tick();
      else this.work();
    }
    for (const event of [{ type: 'stop' }, { type: 'tick', nowMs: this.nowMs + 1e6 }] as const)
      this.dispatch(event);
    tally.outcomes.push(this.outcome);
    return this.outcome;
  }

  /** Something that is under way goes on: a step, the evaluation, or the write of a checkpoint. */
  private work(): void {
    const { random, disk } = this.world;
    const choices = [
      ...(this.stretch === undefined ? [] : ['step', 'step', 'step']),
      ...(this.evaluating ? ['evaluate'] : []),
      ...(this.writing === undefined ? [] : ['write']),
    ];
    this.nowMs += random.below(40);
    const choice = choices[random.below(choices.length)];
    if (choice === 'step') this.takeStep();
    if (choice === 'evaluate') {
      this.evaluating = false;
      const at = disk.history.length;
      const commands = this.dispatch({ type: 'evaluated', nowMs: this.nowMs, sums: testSums(at) });
      this.expectEpochCheckpoint(commands, at);
    }
    if (choice === 'write' && this.writing !== undefined) {
      const { progress } = this.writing;
      this.makeDurable();
      this.dispatch({ type: 'checkpointDurable', step: (JSON.parse(progress) as Progress).step });
    }
  }

  private takeStep(): void {
    const { disk, divergesAt } = this.world;
    const stretch = this.stretch!;
    const diverged = disk.history.length === divergesAt;
    if (!diverged) {
      disk.history.push(disk.history.length);
      if (this.stepsSinceStop !== undefined) this.stepsSinceStop++;
      demand((this.stepsSinceStop ?? 0) <= LAG_MAX + 1, 'a stop is not obeyed');
    }
    const at = disk.history.length;
    const ended = stretch.left === undefined ? at === stretch.to : at === stretch.to || stretch.left-- === 0;
    if (!ended && !diverged) return;
    this.stretch = undefined;
    const sums = disk.history.slice(stretch.from).map(trainSums);
    const due = this.checkpointIsDue();
    const commands = this.dispatch({ type: 'stepsDone', nowMs: this.nowMs, at, sums, diverged });
    if (due && !diverged && at % this.plan.stepsPerEpoch !== 0) {
      demand(commands.includes('checkpoint'), 'a checkpoint that is due is not written');
    }
  }

  private tick(): void {
    this.nowMs += 1 + this.world.random.below(400);
    this.dispatch({ type: 'tick', nowMs: this.nowMs });
    if (this.stretch === undefined) return;
    const old = this.nowMs - this.stretch.beganMs >= this.plan.stretchMs;
    demand(!(old || this.checkpointIsDue()) || this.stretch.left !== undefined, 'a stretch is not held');
  }

  private stop(): void {
    this.world.tally.stops++;
    this.stepsSinceStop ??= 0;
    this.dispatch({ type: 'stop' });
  }

  /** Keeps what was durable, perhaps the checkpoint that was being written, and some of the lines behind it. */
  private crash(): void {
    const { random, disk, tally } = this.world;
    tally.crashes++;
    if (this.writing !== undefined && random.chance(0.5)) this.makeDurable();
    const kept = this.flushed + random.below(disk.lines.length - this.flushed + 1);
    disk.lines = disk.lines.slice(0, kept);
  }

  private makeDurable(): void {
    const { progress, lines } = this.writing!;
    this.writing = undefined;
    this.world.disk.durable = progress;
    this.flushed = Math.max(this.flushed, lines);
  }

  private checkpointIsDue(): boolean {
    return this.writing === undefined && this.nowMs - this.checkpointAtMs >= this.plan.checkpointMs;
  }

  private expectEpochCheckpoint(commands: readonly string[], at: number): void {
    const { plan, world } = this;
    const last = this.stepsSinceStop !== undefined || at === plan.stepsPerEpoch * plan.epochs;
    const written = commands.includes('checkpoint');
    if (last || this.writingBefore) return;
    const sinceMs = this.nowMs - this.checkpointBeforeMs;
    const wanted = sinceMs >= plan.checkpointMsMin || sinceMs >= plan.checkpointMs;
    demand(written === wanted, `the checkpoint of an epoch is ${wanted ? 'left out' : 'written too soon'}`);
    if (!wanted) world.tally.checkpointsLeftOut++;
  }

  private dispatch(event: Event): string[] {
    this.writingBefore = this.writing !== undefined;
    this.checkpointBeforeMs = this.checkpointAtMs;
    const { state, commands } = this.core(this.plan, this.state, event);
    this.state = state;
    for (const command of commands) this.execute(command);
    return commands.map(({ type }) => type);
  }

  private execute(command: Command): void {
    demand(this.outcome === undefined, `${command.type} after the exit`);
    const { disk, random, tally } = this.world;
    const busy = this.stretch !== undefined || this.evaluating;
    const at = disk.history.length;
    const { plan } = this;
    switch (command.type) {
      case 'runSteps': {
        const { from, to } = command;
        const epochEnd = (Math.floor(at / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch;
        demand(!busy, 'a stretch begins while something else computes');
        demand(from === at && to > from, 'a stretch does not begin where the last one ended');
        demand(to <= epochEnd && to <= from + plan.stretchSteps, 'a stretch is too long');
        demand(to <= plan.stepsPerEpoch * plan.epochs, 'a stretch passes the end of the run');
        this.stretch = { from, to, beganMs: this.nowMs, left: undefined };
        break;
      }
      case 'hold':
        demand(
          this.stretch !== undefined && this.stretch.left === undefined,
          'a hold that nothing waits for',
        );
        this.stretch!.left = random.below(LAG_MAX + 1);
        tally.holds++;
        break;
      case 'evaluate':
        demand(!busy && at % plan.stepsPerEpoch === 0, 'an evaluation that is not at the end of an epoch');
        this.evaluating = true;
        break;
      case 'metrics':
        disk.lines.push(JSON.stringify(command.line));
        break;
      case 'checkpoint':
        demand(!busy, 'a checkpoint while weights change');
        demand(this.writing === undefined, 'two checkpoints in flight');
        demand(command.progress.step === at, 'a checkpoint of a step that the weights are not at');
        this.writing = { progress: JSON.stringify(command.progress), lines: disk.lines.length };
        this.checkpointAtMs = this.nowMs;
        tally.checkpoints++;
        break;
      case 'exit':
        this.exit(command.outcome, command.step);
    }
  }

  private exit(outcome: Outcome, step: number): void {
    const { disk, divergesAt } = this.world;
    const at = disk.history.length;
    const total = this.plan.stepsPerEpoch * this.plan.epochs;
    demand(this.stretch === undefined && !this.evaluating, 'an exit while something computes');
    demand(step === at, 'an exit at another step than the weights');
    if (outcome === 'diverged') demand(at === divergesAt, 'a divergence that was not');
    else {
      const durable = disk.durable === undefined ? undefined : (JSON.parse(disk.durable) as Progress);
      demand(
        this.writing === undefined && durable?.step === at,
        'an exit before the last checkpoint is durable',
      );
      demand((outcome === 'finished') === (at === total), `${outcome} at step ${at} of ${total}`);
      demand(outcome === 'finished' || this.stepsSinceStop !== undefined, 'a stop that nobody asked for');
    }
    this.outcome = outcome;
  }
}
