/**
 * One process of a simulated run: the core, and a world around it without threads, disk and clock. After every event
 * the world checks what a core may do. What a process leaves for the next one is the disk.
 */

import type { Plan, State } from './core.ts';
import { initialState } from './core.ts';
import type { Command, Event, MetricsLine, Outcome } from './events.ts';
import type { Progress } from './progress.ts';
import { reportedEnd, startOfRun } from './progress.ts';
import { demand, testSums, trainSums, validationSums } from './simulation-plan.test.support.ts';
import type { Saved, Step, World } from './simulation-world.test.support.ts';

/** Events that one process takes at most: far more than any run here needs. */
const EVENTS_MAX = 5_000;
/** Steps that a stretch may still take when it was asked to end, beside the one under way. */
const LAG_MAX = 3;

export class Process {
  nowMs: number;
  private readonly core: Step;
  private readonly plan: Plan;
  private readonly world: World;
  private state: State;
  private stretch: { from: number; to: number; beganMs: number; left: number | undefined } | undefined;
  private evaluating = false;
  private writing: (Saved & { lines: number }) | undefined;
  /** What the pool holds, and the shell's copy of the best. */
  private weights: number;
  private best: number | undefined;
  private flushed: number;
  private checkpointAtMs: number;
  /** Both as they were before the present event. */
  private writingBefore = false;
  private checkpointBeforeMs = 0;
  private stepsSinceStop: number | undefined;
  private outcome: Outcome | undefined;

  constructor(core: Step, plan: Plan, world: World & { nowMs: number }) {
    this.core = core;
    this.plan = plan;
    this.world = world;
    this.nowMs = world.nowMs;
    this.checkpointAtMs = world.nowMs;
    const { disk } = world;
    const progress =
      disk.durable === undefined ? startOfRun : (JSON.parse(disk.durable.progress) as Progress);
    this.weights = disk.durable?.weights ?? 0;
    this.best = disk.durable?.best;
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
      const validation = this.plan.validation ? { validation: validationSums(at) } : {};
      const evaluation = { ...validation, test: testSums(at) };
      const commands = this.dispatch({ type: 'evaluated', nowMs: this.nowMs, ...evaluation });
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
      this.weights = disk.history.length;
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
    const { lines, ...saved } = this.writing!;
    this.writing = undefined;
    this.world.disk.durable = saved;
    this.flushed = Math.max(this.flushed, lines);
  }

  private checkpointIsDue(): boolean {
    return this.writing === undefined && this.nowMs - this.checkpointAtMs >= this.plan.checkpointMs;
  }

  private expectEpochCheckpoint(commands: readonly string[], at: number): void {
    const { plan, world } = this;
    const last = this.stepsSinceStop !== undefined || at === world.expected.end;
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
        demand(this.weights === at, 'training goes on from the weights of another step');
        this.stretch = { from, to, beganMs: this.nowMs, left: undefined };
        break;
      }
      case 'hold':
        // A stop may come when the end of the stretch was asked for already, and then wants it at once.
        demand(
          this.stretch !== undefined && (this.stretch.left === undefined || command.atOnce),
          'a hold that nothing waits for',
        );
        this.stretch!.left = command.atOnce ? 0 : random.below(LAG_MAX + 1);
        tally.holds++;
        break;
      case 'evaluate':
        demand(!busy && at % plan.stepsPerEpoch === 0, 'an evaluation that is not at the end of an epoch');
        demand(command.validation === plan.validation, 'an evaluation of other parts than there are');
        this.evaluating = true;
        break;
      case 'keepBest':
        demand(!busy && command.best.step === at, 'weights that are kept as those of another step');
        this.best = this.weights;
        break;
      case 'restoreBest':
        demand(!busy && command.best.step === this.best, 'the best weights are not those that were kept');
        this.weights = command.best.step;
        tally.restored++;
        break;
      case 'metrics':
        disk.lines.push(JSON.stringify(command.line));
        break;
      case 'checkpoint':
        demand(!busy, 'a checkpoint while weights change');
        demand(this.writing === undefined, 'two checkpoints in flight');
        demand(command.progress.step === at, 'a checkpoint of a step that the weights are not at');
        this.save(command.progress);
        this.checkpointAtMs = this.nowMs;
        tally.checkpoints++;
        break;
      case 'exit':
        this.exit(command.outcome, command.step);
    }
  }

  /** As the shell does it: the copy of the best is part of a checkpoint until it is the weights of the run. */
  private save(progress: Progress): void {
    const keepsBest = progress.best !== undefined && progress.ended !== true;
    demand(!keepsBest || this.best === progress.best?.step, 'a checkpoint whose best weights are others');
    this.writing = {
      progress: JSON.stringify(progress),
      weights: this.weights,
      best: keepsBest ? this.best : undefined,
      lines: this.world.disk.lines.length,
    };
  }

  private exit(outcome: Outcome, step: number): void {
    const { disk, divergesAt, expected } = this.world;
    const at = disk.history.length;
    demand(this.stretch === undefined && !this.evaluating, 'an exit while something computes');
    demand(step === at, 'an exit at another step than the weights');
    if (outcome === 'diverged') demand(at === divergesAt, 'a divergence that was not');
    else {
      const { durable } = disk;
      const progress = durable === undefined ? undefined : (JSON.parse(durable.progress) as Progress);
      demand(
        this.writing === undefined && progress?.step === at,
        'an exit before the last checkpoint is durable',
      );
      const finished = at === expected.end;
      demand((outcome === 'finished') === finished, `${outcome} at step ${at} of ${expected.end}`);
      const weights = finished ? expected.weights : at;
      demand(this.weights === weights && durable?.weights === weights, 'the weights are not the right ones');
      const reported = JSON.stringify(reportedEnd(progress!));
      demand(!finished || reported === JSON.stringify(expected.reported), 'the result reports another epoch');
      demand(outcome === 'finished' || this.stepsSinceStop !== undefined, 'a stop that nobody asked for');
    }
    this.outcome = outcome;
  }
}
