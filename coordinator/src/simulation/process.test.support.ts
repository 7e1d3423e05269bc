/**
 * One process of a simulated run: the core, the stretch and its fleet in the shell that connects them, over a world
 * without threads, sockets, disk and clock. What it may not do is checked after every event. When it ends nothing of
 * it is left but the disk.
 */

import { wantsRound } from '../fleet/capacity.ts';
import { wakeAtMs } from '../fleet/fleet.ts';
import type { Stretch, StretchCommand, StretchEvent } from '../fleet/stretch.ts';
import { createStretch } from '../fleet/stretch.ts';
import type { State } from '../training/core.ts';
import { initialState } from '../training/core.ts';
import type { Command, Event, Outcome } from '../training/events.ts';
import { type Progress, startOfRun } from '../training/progress.ts';
import { CoreChecks, LAG_MAX } from './core-checks.test.support.ts';
import type { Saved } from './disk.test.support.ts';
import { testSums, validationSums } from './expected.test.support.ts';
import { Bookkeeper } from './fleet-checks.test.support.ts';
import { firstModel } from './model.test.support.ts';
import { batchOf } from './plan.test.support.ts';
import { SimulatedPool } from './pool.test.support.ts';
import { demand } from './random.test.support.ts';
import type { Said } from './worker.test.support.ts';
import { stepOf, type World } from './world.test.support.ts';

const TICK_MS = 100;
const STOP_AGAIN_MS = 10;
/** The time of one operation of the disk at most. */
const DISK_MS = 40;

export class Process {
  /** How it ended, if it has. */
  end: Outcome | 'crashed' | undefined;
  readonly world: World;
  readonly books: Bookkeeper;
  private readonly checks: CoreChecks;
  private readonly pool: SimulatedPool;
  private readonly stretch: Stretch;
  private state: State;
  private best: number | undefined;
  private isOver = false;
  private wakeMs = Number.POSITIVE_INFINITY;
  private readonly events: Event[] = [];
  private readonly stretchEvents: StretchEvent[] = [];

  constructor(world: World) {
    const { plan, disk, parts, taken } = world;
    const saved = disk.resume(parts.load);
    const progress = saved === undefined ? startOfRun : (JSON.parse(saved.progress) as Progress);
    taken.length = progress.step + 1;
    this.world = world;
    this.best = saved?.best;
    this.checks = new CoreChecks(world, saved && { best: saved.best, progress });
    this.stretch = createStretch(plan.shape, plan.options);
    this.books = new Bookkeeper(this.stretch.fleet, plan);
    this.pool = new SimulatedPool(this, saved?.model ?? firstModel);
    this.state = initialState(progress, saved !== undefined);
  }

  start(): void {
    const { timeline, random, workers } = this.world;
    for (const worker of workers) timeline.after(random.below(300), () => worker.connect());
    this.tick();
    this.tellCore({ type: 'start', nowMs: timeline.nowMs });
  }

  /** Whoever stops a run does so twice. */
  stop(): void {
    this.tellCore({ type: 'stop' });
    this.later(STOP_AGAIN_MS, () => this.tellCore({ type: 'stop' }));
  }

  crash(): void {
    this.end ??= 'crashed';
  }

  /** Nothing that comes later is heard. */
  close(): void {
    if (this.end !== 'crashed') {
      this.tellCore({ type: 'stop' });
      this.tellCore({ type: 'tick', nowMs: this.world.timeline.nowMs + 1e6 });
    }
    this.isOver = true;
  }

  later = (delayMs: number, run: () => void): void => {
    this.world.timeline.after(delayMs, () => {
      if (!this.isOver) run();
    });
  };

  tookStep(): void {
    this.checks.tookStep();
  }

  hear(worker: number, said: Said): void {
    if (this.isOver) return;
    const { timeline, plan, random } = this.world;
    const { nowMs } = timeline;
    switch (said.type) {
      case 'joined':
        this.tell({ type: 'joined', worker, trust: plan.workers[worker]!.trust, nowMs });
        return;
      case 'result': {
        const { step, node, value, ms } = said;
        const handle = this.pool.hold(step, node, { value, worker });
        const draw = random.below(1000) / 1000;
        this.tell({ type: 'result', worker, step, node, handle, computeMs: ms, draw, nowMs });
        return;
      }
      case 'notFinite':
      case 'missing':
        this.tell({ ...said, worker, nowMs });
        return;
      default:
        this.tell({ type: said.type, worker, nowMs });
    }
  }

  /** As a shell has it: an event that commands lead to at once waits until they all are carried out. */
  tell = (event: StretchEvent): void => {
    this.stretchEvents.push(event);
    if (this.stretchEvents.length > 1) return;
    for (const next of this.stretchEvents) this.handle(next);
    this.stretchEvents.length = 0;
    this.planWake();
  };

  private handle(event: StretchEvent): void {
    const { books, stretch, world } = this;
    books.before(event);
    const commands = world.parts.stretch(stretch, event);
    books.noteRound();
    for (const command of commands) {
      world.tally.commands[command.type] = (world.tally.commands[command.type] ?? 0) + 1;
      books.note(command, stepOf(world));
      this.executeStretch(command);
    }
    books.after(event, commands);
    if (stretch.path !== 'local') return;
    const { nowMs } = world.timeline;
    const wanted = { samples: batchOf(world.plan, stretch.at), shardSize: world.plan.shape.shardSize, nowMs };
    const isHeld = this.pool.isLocalHeld || !wantsRound(stretch.fleet, wanted);
    demand(isHeld, 'the local threads go on by themselves while a worker would be given something');
  }

  private executeStretch(command: StretchCommand): void {
    const { pool, world } = this;
    switch (command.type) {
      case 'sendWeights':
        world.workers[command.worker]!.sendWeights(command.version, pool.model.weights);
        return;
      case 'assign':
      case 'cancel':
        world.workers[command.worker]!.tell(command.type, command.step, command.node);
        return;
      case 'ban':
        world.workers[command.worker]!.ban();
        if (command.proof !== undefined) world.tally.banned++;
        return;
      case 'computeLocal':
        pool.computeLocal(command);
        return;
      case 'audit':
      case 'compare':
        pool.check(command);
        return;
      case 'close':
        pool.close(command);
        return;
      case 'abandonStep':
        pool.abandon();
        return;
      case 'runLocal':
        pool.runLocal(command);
        return;
      case 'holdLocal':
        pool.holdLocal();
        return;
      case 'stretchDone': {
        const { at, sums, diverged } = command;
        this.tellCore({ type: 'stepsDone', at, sums, diverged, nowMs: world.timeline.nowMs });
        return;
      }
      default:
    }
  }

  private tellCore(event: Event): void {
    this.events.push(event);
    if (this.events.length > 1) return;
    for (const next of this.events) {
      this.checks.before(next);
      const { state, commands } = this.world.parts.core(this.world.plan.run, this.state, next);
      this.state = state;
      for (const command of commands) {
        this.checks.note(command, this.pool.model);
        this.execute(command);
      }
      this.checks.after(next, commands);
    }
    this.events.length = 0;
  }

  private execute(command: Command): void {
    const { pool, world } = this;
    const { nowMs } = world.timeline;
    switch (command.type) {
      case 'runSteps':
        this.tell({ type: 'run', from: command.from, to: command.to, nowMs });
        return;
      case 'hold':
        this.books.noteHold(command.atOnce);
        this.checks.noteHold(this.stretch.path === 'local' ? LAG_MAX + 1 : 1);
        this.tell({ type: 'hold', atOnce: command.atOnce, nowMs });
        return;
      case 'evaluate':
        this.later(world.random.below(50), () => this.evaluated());
        return;
      case 'metrics':
        world.disk.lines.push(JSON.stringify(command.line));
        return;
      case 'keepBest':
        this.best = pool.model.weights;
        return;
      case 'restoreBest':
        pool.model = { ...pool.model, weights: this.best! };
        world.tally.restored++;
        return;
      case 'checkpoint':
        this.save(command.progress);
        return;
      case 'exit':
        this.end = command.outcome;
    }
  }

  private evaluated(): void {
    const at = stepOf(this.world);
    const { nowMs } = this.world.timeline;
    const validation = this.world.plan.run.validation ? { validation: validationSums(at) } : {};
    this.tellCore({ type: 'evaluated', nowMs, ...validation, test: testSums(at) });
  }

  /** As the shell does it: the copy of the best is part of a checkpoint until it is the weights of the run. */
  private save(progress: Progress): void {
    const { disk, random, parts, tally } = this.world;
    tally.checkpoints++;
    const saved: Saved = parts.snapshot({
      progress: JSON.stringify(progress),
      step: progress.step,
      model: this.pool.model,
      best: progress.best !== undefined && progress.ended !== true ? this.best : undefined,
    });
    const next = (i: number): void => {
      const operation = parts.operations[i];
      if (operation === undefined) {
        disk.durableStep = progress.step;
        this.tellCore({ type: 'checkpointDurable', step: progress.step });
        return;
      }
      this.later(random.below(DISK_MS), () => {
        disk.carryOut(operation, saved);
        next(i + 1);
      });
    };
    next(0);
  }

  private tick(): void {
    const { timeline } = this.world;
    const run = () => {
      if (this.isOver) return;
      this.tellCore({ type: 'tick', nowMs: timeline.nowMs });
      this.tick();
    };
    timeline.after(TICK_MS, run, { isBackground: true });
  }

  private planWake(): void {
    const { nowMs } = this.world.timeline;
    const at = wakeAtMs(this.stretch.fleet, nowMs);
    if (at === undefined || at >= this.wakeMs) return;
    this.wakeMs = at;
    this.later(Math.max(0, at - nowMs), () => {
      if (this.wakeMs !== at) return;
      this.wakeMs = Number.POSITIVE_INFINITY;
      this.tell({ type: 'tick', nowMs: this.world.timeline.nowMs });
    });
  }
}
