/**
 * The brain of a run as a pure state machine: `step(state, event)` answers the next state and the commands that
 * follow from it. It holds counts and sums, never tensors; it reads no clock, draws no random number and awaits
 * nothing, so that whole runs with any order of events can be played in a test.
 *
 * While only local threads work the command is `runSteps` and its event `stepsDone`: a stop or a due checkpoint ends
 * the stretch at the next step boundary. Metrics come from the sums of steps alone, in step order, so the lines of a
 * run that was interrupted are those of one that was not. With early stopping the shell keeps a copy of the best
 * weights: the core says when to take it and when it becomes the weights of the run.
 */

import type { EarlyStopping } from './early-stopping.ts';
import { betterOf, isOutOfPatience } from './early-stopping.ts';
import type { Command, Event, MetricsLine } from './events.ts';
import type { EpochEnd, Evaluation, Progress } from './progress.ts';
import { addSums, noSums } from './sums.ts';

/** What does not change during a run. */
export interface Plan {
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** Steps between two lines of metrics; lines begin anew with each epoch. */
  readonly metricsEvery: number;
  /** A checkpoint is due this long after the last one. */
  readonly checkpointMs: number;
  /** A checkpoint at the end of an epoch is left out this soon after the last one, unless the run ends. */
  readonly checkpointMsMin: number;
  /** Steps of one `runSteps` at most, and the time after which one is ended so that its metrics can be written. */
  readonly stretchSteps: number;
  readonly stretchMs: number;
  /** Whether part of the data is set aside to be evaluated, beside the test part, when an epoch ends. */
  readonly validation: boolean;
  /** Needs `validation`; null trains all epochs. */
  readonly earlyStopping: EarlyStopping | null;
}

export interface State {
  readonly progress: Progress;
  readonly activity: 'idle' | 'running' | 'evaluating' | 'exited';
  /** When the present or last stretch began. */
  readonly stretchAtMs: number;
  /** `hold` was sent during the present stretch. */
  readonly holding: boolean;
  readonly stopping: boolean;
  /** The checkpoint that is being written. */
  readonly writing: number | undefined;
  /** Step of the last checkpoint that is durable or being written. */
  readonly checkpointStep: number;
  readonly checkpointAtMs: number;
}

export interface Transition {
  readonly state: State;
  readonly commands: readonly Command[];
}

/** The state before `start`, at the beginning or where a checkpoint left off. */
export function initialState(progress: Progress, resumed: boolean): State {
  return {
    progress,
    activity: 'idle',
    stretchAtMs: 0,
    holding: false,
    stopping: false,
    writing: undefined,
    checkpointStep: resumed ? progress.step : -1,
    checkpointAtMs: 0,
  };
}

/** Whether a run is over before all its epochs are done. */
export function stoppedEarly(plan: Pick<Plan, 'stepsPerEpoch' | 'epochs'>, progress: Progress): boolean {
  return progress.ended === true && progress.step < totalSteps(plan);
}

export function step(plan: Plan, state: State, event: Event): Transition {
  if (state.activity === 'exited') return { state, commands: [] };
  switch (event.type) {
    case 'start':
      return goOn(plan, { ...state, checkpointAtMs: event.nowMs }, event.nowMs);
    case 'tick':
      return isDue(plan, state, event.nowMs) && !state.holding
        ? interrupt(state, { atOnce: false })
        : { state, commands: [] };
    case 'stop':
      if (state.stopping) return { state, commands: [] };
      return state.activity === 'idle'
        ? finish(plan, { ...state, stopping: true })
        : interrupt({ ...state, stopping: true }, { atOnce: true });
    case 'stepsDone':
      return stepsDone(plan, state, event);
    case 'evaluated':
      return evaluated(plan, state, event);
    case 'checkpointDurable':
      return finish(plan, { ...state, writing: undefined });
  }
}

function checkpointIsDue(plan: Plan, state: State, nowMs: number): boolean {
  return state.writing === undefined && nowMs - state.checkpointAtMs >= plan.checkpointMs;
}

/** Whether the stretch under way is to end. */
function isDue(plan: Plan, state: State, nowMs: number): boolean {
  return checkpointIsDue(plan, state, nowMs) || nowMs - state.stretchAtMs >= plan.stretchMs;
}

/** Asks for the end of the stretch, if there is one. */
function interrupt(state: State, { atOnce }: { atOnce: boolean }): Transition {
  if (state.activity !== 'running') return { state, commands: [] };
  return { state: { ...state, holding: true }, commands: [{ type: 'hold', atOnce }] };
}

function stepsDone(plan: Plan, state: State, event: Event & { type: 'stepsDone' }): Transition {
  const commands: Command[] = [];
  const before = state.progress;
  let { step: at, window, epoch } = before;
  for (const sums of event.sums) {
    at++;
    window = addSums(window, sums);
    epoch = addSums(epoch, sums);
    const inEpoch = ((at - 1) % plan.stepsPerEpoch) + 1;
    if (inEpoch % plan.metricsEvery === 0 || inEpoch === plan.stepsPerEpoch) {
      const line = { kind: 'train', step: at, epoch: epochOf(plan, at), sums: window } as const;
      commands.push({ type: 'metrics', line });
      window = noSums;
    }
  }
  const progress = { ...before, step: at, window, epoch };
  const next: State = { ...state, progress, activity: 'idle', holding: false };
  if (event.diverged) {
    commands.push({ type: 'exit', outcome: 'diverged', step: at });
    return { state: { ...next, activity: 'exited' }, commands };
  }
  if (event.sums.length > 0 && at % plan.stepsPerEpoch === 0) {
    commands.push({ type: 'evaluate', validation: plan.validation });
    return { state: { ...next, activity: 'evaluating' }, commands };
  }
  return after(commands, goOn(plan, next, event.nowMs));
}

function evaluated(plan: Plan, state: State, event: Event & { type: 'evaluated' }): Transition {
  const { step: at, epoch: train } = state.progress;
  const { validation, test } = event;
  for (const where of ['validation', 'test'] as const) {
    if (Number.isFinite(event[where]?.lossSum ?? 0)) continue;
    const commands = [{ type: 'exit', outcome: 'diverged', step: at, where }] as const;
    return { state: { ...state, activity: 'exited' }, commands };
  }
  const epoch = epochOf(plan, at);
  const evaluation: Evaluation = { ...(validation !== undefined && { validation }), test };
  const line: MetricsLine = { kind: 'epoch', step: at, epoch, train, ...evaluation };
  const judged = judge(plan, state.progress, { epoch, step: at, ...evaluation });
  const next: State = { ...state, progress: judged.progress, activity: 'idle' };
  const sinceMs = event.nowMs - state.checkpointAtMs;
  const due = sinceMs >= plan.checkpointMsMin && state.writing === undefined;
  const saved = due ? checkpoint(next, event.nowMs) : { state: next, commands: [] };
  return after(
    [{ type: 'metrics', line }, ...judged.commands, ...saved.commands],
    goOn(plan, saved.state, event.nowMs),
  );
}

/** What the end of an epoch means for early stopping; the next epoch begins without sums. */
function judge(
  plan: Plan,
  before: Progress,
  last: EpochEnd,
): { progress: Progress; commands: readonly Command[] } {
  const progress: Progress = { step: last.step, window: noSums, epoch: noSums, last };
  const { earlyStopping: rule } = plan;
  if (rule === null) return { progress, commands: [] };
  const best = betterOf(rule, before.best, last);
  const ended = last.step >= totalSteps(plan) || isOutOfPatience(rule, best, last);
  if (best === last) {
    // Where the last epoch is the best its weights are in place already.
    return {
      progress: { ...progress, best, ...(ended && { ended }) },
      commands: [{ type: 'keepBest', best }],
    };
  }
  return ended
    ? { progress: { ...progress, best, ended }, commands: [{ type: 'restoreBest', best }] }
    : { progress: { ...progress, best }, commands: [] };
}

/** From a step boundary: the next stretch, a checkpoint that is due, or the end. */
function goOn(plan: Plan, state: State, nowMs: number): Transition {
  const { step: at } = state.progress;
  if (state.stopping || isOver(plan, state.progress)) return finish(plan, state);
  const saved = checkpointIsDue(plan, state, nowMs) ? checkpoint(state, nowMs) : { state, commands: [] };
  const epochEnd = (Math.floor(at / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch;
  const to = Math.min(epochEnd, at + plan.stretchSteps);
  return {
    state: { ...saved.state, activity: 'running', stretchAtMs: nowMs },
    commands: [...saved.commands, { type: 'runSteps', from: at, to }],
  };
}

function checkpoint(state: State, nowMs: number): Transition {
  const { progress } = state;
  return {
    state: { ...state, writing: progress.step, checkpointStep: progress.step, checkpointAtMs: nowMs },
    commands: [{ type: 'checkpoint', progress }],
  };
}

/** Where nothing is left to compute: writes the last checkpoint, waits until it is durable, and exits. */
function finish(plan: Plan, state: State): Transition {
  if (state.activity !== 'idle' || state.writing !== undefined) return { state, commands: [] };
  if (state.checkpointStep !== state.progress.step) return checkpoint(state, state.checkpointAtMs);
  const { step: at } = state.progress;
  // A stop that came after the last step has stopped nothing.
  const outcome = isOver(plan, state.progress) ? 'finished' : 'stopped';
  return { state: { ...state, activity: 'exited' }, commands: [{ type: 'exit', outcome, step: at }] };
}

function isOver(plan: Plan, { step: at, ended }: Progress): boolean {
  return ended === true || at >= totalSteps(plan);
}

function totalSteps({ stepsPerEpoch, epochs }: Pick<Plan, 'stepsPerEpoch' | 'epochs'>): number {
  return stepsPerEpoch * epochs;
}

function epochOf(plan: Plan, step: number): number {
  return Math.ceil(step / plan.stepsPerEpoch);
}

function after(commands: readonly Command[], transition: Transition): Transition {
  return { state: transition.state, commands: [...commands, ...transition.commands] };
}
