/** What the core may not do, checked at every event and command from what a process around it sees. */

import type { Plan } from '../training/core.ts';
import type { Command, Event, Outcome } from '../training/events.ts';
import { type Progress, reportedEnd } from '../training/progress.ts';
import type { Model } from './model.test.support.ts';
import { demand } from './random.test.support.ts';
import { stepOf, type World } from './world.test.support.ts';

/** Steps that a stretch may still take when it was asked to end, beside the one under way. */
export const LAG_MAX = 3;

export class CoreChecks {
  private readonly world: World;
  private readonly plan: Plan;
  private stretch:
    | { readonly from: number; readonly to: number; readonly beganMs: number; isHeld: boolean }
    | undefined;
  /** Steps that the stretch may still take, once it is held. */
  private left = Number.POSITIVE_INFINITY;
  private isEvaluating = false;
  private isWriting = false;
  private wasWriting = false;
  private checkpointAtMs: number;
  private checkpointBeforeMs = 0;
  private wasDue = false;
  private stepsSinceStop: number | undefined;
  private best: number | undefined;
  private last: Progress | undefined;
  private outcome: Outcome | undefined;

  constructor(world: World, resumed: { best: number | undefined; progress: Progress } | undefined) {
    this.world = world;
    this.plan = world.plan.run;
    this.checkpointAtMs = world.timeline.nowMs;
    this.best = resumed?.best;
    this.last = resumed?.progress;
  }

  before(event: Event): void {
    this.wasWriting = this.isWriting;
    this.checkpointBeforeMs = this.checkpointAtMs;
    this.wasDue = this.isDue();
    if (event.type === 'stepsDone') this.endStretch(event);
    if (event.type === 'evaluated') this.isEvaluating = false;
    if (event.type === 'checkpointDurable') this.isWriting = false;
    if (event.type === 'stop') this.stepsSinceStop ??= 0;
  }

  after(event: Event, commands: readonly Command[]): void {
    const isWritten = commands.some(({ type }) => type === 'checkpoint');
    const { nowMs } = this.world.timeline;
    if (event.type === 'tick' && this.stretch !== undefined) {
      const isOld = nowMs - this.stretch.beganMs >= this.plan.stretchMs;
      demand(!(isOld || this.isDue()) || this.stretch.isHeld, 'a stretch is not held');
    }
    if (event.type === 'stepsDone' && !event.diverged && event.sums.length > 0) {
      const isEpochEnd = event.at % this.plan.stepsPerEpoch === 0;
      demand(!this.wasDue || isEpochEnd || isWritten, 'a checkpoint that is due is not written');
    }
    if (event.type === 'evaluated') this.afterEpoch(isWritten);
  }

  /** The stretch was told to end, which it may do within so many steps. */
  noteHold(steps: number): void {
    this.left = Math.min(this.left, steps);
  }

  /** The pool has taken a step. */
  tookStep(): void {
    demand(this.stretch !== undefined, 'a step is taken outside of a stretch');
    demand(stepOf(this.world) < this.stretch!.to, 'a stretch takes more steps than it was told');
    demand(this.left-- > 0, 'a stretch goes on after a hold');
    if (this.stepsSinceStop === undefined) return;
    this.stepsSinceStop++;
    demand(this.stepsSinceStop <= LAG_MAX + 1, 'a stop is not obeyed');
  }

  /** Judges a command before it is carried out; `model` is what the pool holds. */
  note(command: Command, model: Model): void {
    demand(this.outcome === undefined, `${command.type} after the exit`);
    const isBusy = this.stretch !== undefined || this.isEvaluating;
    const at = stepOf(this.world);
    switch (command.type) {
      case 'runSteps':
        demand(!isBusy, 'a stretch begins while something else computes');
        this.noteStretch(command, at, model);
        return;
      case 'hold':
        // A stop may come when the end of the stretch was asked for already, and then wants it at once.
        demand(
          this.stretch !== undefined && (!this.stretch.isHeld || command.atOnce),
          'a hold that nothing waits for',
        );
        this.stretch!.isHeld = true;
        return;
      case 'evaluate':
        demand(
          !isBusy && at % this.plan.stepsPerEpoch === 0,
          'an evaluation that is not at the end of an epoch',
        );
        demand(command.validation === this.plan.validation, 'an evaluation of other parts than there are');
        this.isEvaluating = true;
        return;
      case 'keepBest':
        demand(!isBusy && command.best.step === at, 'weights that are kept as those of another step');
        this.best = model.weights;
        return;
      case 'restoreBest':
        demand(
          !isBusy && this.best === this.world.taken[command.best.step]?.weights,
          'the best weights are not those that were kept',
        );
        return;
      case 'metrics':
        return;
      case 'checkpoint':
        demand(!isBusy, 'a checkpoint while weights change');
        this.noteCheckpoint(command.progress, at);
        return;
      case 'exit':
        this.noteExit(command, { at, model, isBusy });
    }
  }

  private noteStretch({ from, to }: Command & { type: 'runSteps' }, at: number, model: Model): void {
    const { stepsPerEpoch, epochs, stretchSteps } = this.plan;
    const epochEnd = (Math.floor(at / stepsPerEpoch) + 1) * stepsPerEpoch;
    demand(from === at && to > from, 'a stretch does not begin where the last one ended');
    demand(to <= epochEnd && to <= from + stretchSteps, 'a stretch is too long');
    demand(to <= stepsPerEpoch * epochs, 'a stretch passes the end of the run');
    demand(
      model.weights === this.world.taken[at]!.weights,
      'training goes on from the weights of another step',
    );
    this.stretch = { from, to, beganMs: this.world.timeline.nowMs, isHeld: false };
    this.left = Number.POSITIVE_INFINITY;
  }

  private endStretch({ at, sums }: Event & { type: 'stepsDone' }): void {
    const { from } = this.stretch!;
    demand(at === stepOf(this.world), 'a stretch ends at another step than the weights');
    demand(sums.length === at - from, 'a stretch has other sums than its steps');
    this.stretch = undefined;
  }

  private noteCheckpoint(progress: Progress, at: number): void {
    demand(!this.isWriting, 'two checkpoints in flight');
    demand(progress.step === at, 'a checkpoint of a step that the weights are not at');
    // The copy of the best is part of a checkpoint until it is the weights of the run.
    const best = progress.ended === true ? undefined : progress.best;
    const isKept = best === undefined || this.best === this.world.taken[best.step]?.weights;
    demand(isKept, 'a checkpoint whose best weights are others');
    this.isWriting = true;
    this.checkpointAtMs = this.world.timeline.nowMs;
    this.last = progress;
  }

  private noteExit(
    { outcome, step }: Command & { type: 'exit' },
    { at, model, isBusy }: { at: number; model: Model; isBusy: boolean },
  ): void {
    const { disk, expected, taken, plan } = this.world;
    demand(!isBusy, 'an exit while something computes');
    demand(step === at, 'an exit at another step than the weights');
    this.outcome = outcome;
    if (outcome === 'diverged') {
      demand(at === plan.divergence?.step, 'a divergence that was not');
      return;
    }
    demand(!this.isWriting && disk.durableStep === at, 'an exit before the last checkpoint is durable');
    const isFinished = at === expected.end;
    demand((outcome === 'finished') === isFinished, `${outcome} at step ${at} of ${expected.end}`);
    const right = taken[isFinished ? expected.weights : at]!.weights;
    demand(model.weights === right, 'the weights are not the right ones');
    const reported = JSON.stringify(reportedEnd(this.last!));
    const isReported = !isFinished || reported === JSON.stringify(expected.reported);
    demand(isReported, 'the result reports another epoch');
    demand(isFinished || this.stepsSinceStop !== undefined, 'a stop that nobody asked for');
  }

  private afterEpoch(isWritten: boolean): void {
    const { plan, world } = this;
    const isLast = this.stepsSinceStop !== undefined || stepOf(world) === world.expected.end;
    if (isLast || this.wasWriting) return;
    const sinceMs = world.timeline.nowMs - this.checkpointBeforeMs;
    const isWanted = sinceMs >= plan.checkpointMsMin || sinceMs >= plan.checkpointMs;
    demand(
      isWritten === isWanted,
      `the checkpoint of an epoch is ${isWanted ? 'left out' : 'written too soon'}`,
    );
    if (!isWanted) world.tally.checkpointsLeftOut++;
  }

  private isDue(): boolean {
    return !this.isWriting && this.world.timeline.nowMs - this.checkpointAtMs >= this.plan.checkpointMs;
  }
}
