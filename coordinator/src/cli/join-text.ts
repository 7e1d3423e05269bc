/**
 * What `hivegrad join` shows of a worker's life. In: a view and what a terminal knows besides; out: lines of text. The
 * texts of a run hold no control characters, which its messages are refused for, so they are printed as they are.
 */

import type { PeerView, ViewPhase } from '@hivegrad/shared/peer/view';
import { formatCount, formatDuration, formatNumber, formatPercent, formatRate } from './format.ts';

/** Phases as far as they are news: with a run that is busy, work and waiting for work change many times a second. */
export type Stage = Exclude<ViewPhase, 'working' | 'standingBy' | 'resting' | 'greeting'> | 'lending';

export function stageOf(phase: ViewPhase): Stage {
  switch (phase) {
    case 'working':
    case 'standingBy':
    case 'resting':
      return 'lending';
    case 'greeting':
      return 'connecting';
    default:
      return phase;
  }
}

/** Ends are told by the closing lines, or by an error. */
export function isEnd(stage: Stage): boolean {
  return stage === 'done' || stage === 'stopped' || stage === 'refused' || stage === 'failed';
}

export interface Surroundings {
  /** By the clock that the view uses. */
  readonly nowMs: number;
  /** Samples that this worker computed lately; undefined where it is too early to tell. */
  readonly samplesPerSecond: number | undefined;
}

/** A line for each new stage. */
export function stageLine(view: PeerView, nowMs: number): string {
  const { run, phase } = view;
  if (stageOf(phase) !== 'lending' || run === undefined) return situation(view, nowMs);
  const what = run.description === '' ? '' : `, ${run.description}`;
  return `joined ${run.run}${what}`;
}

/** One line of how it stands, where nothing is redrawn. */
export function standingLine(view: PeerView, around: Surroundings): string {
  const parts = [runText(view), hereText(view, around), fleetText(view)].filter((part) => part !== '');
  return view.phase === 'standingBy' ? [...parts, view.sentence].join('; ') : parts.join('; ');
}

/** The lines of a view that is drawn again and again. */
export function viewLines(view: PeerView, around: Surroundings): string[] {
  const { run } = view;
  const title =
    run === undefined ? [] : [run.description === '' ? run.run : `${run.run}: ${run.description}`];
  const isWaiting = view.phase === 'waiting';
  const problem = isWaiting || view.problem === undefined ? [] : [`note: ${view.problem}`];
  // Two lines, so that a narrow terminal still shows the countdown.
  const now = isWaiting ? [view.problem ?? view.sentence, retryText(view, around.nowMs)] : [view.sentence];
  return [
    ...title,
    ...[runText(view), hereText(view, around), fleetText(view)].filter((line) => line !== ''),
    ...problem,
    ...now,
  ];
}

/** What came of it, for the end. */
export function closingLines(view: PeerView): string[] {
  const { run, contribution, digest } = view;
  if (run === undefined) return [view.sentence];
  const { accepted, acceptedSamples } = contribution;
  const lent = `${run.run}: ${counted(accepted, 'node')} with ${counted(acceptedSamples, 'sample')} accepted from here`;
  const lines = [view.sentence, `${lent}${shareText(view)}`];
  return digest === undefined ? lines : [...lines, `weights sha256:${digest}`];
}

/** What it does, or why it does nothing, and when that ends. */
function situation(view: PeerView, nowMs: number): string {
  const { phase, sentence, problem } = view;
  return phase === 'waiting' ? `${problem ?? sentence} ${retryText(view, nowMs)}` : sentence;
}

function retryText({ retryAtMs }: PeerView, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil(((retryAtMs ?? nowMs) - nowMs) / 1000));
  // Whole seconds, for this counts down.
  return `Trying again in ${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)}.`;
}

function runText({ run, status }: PeerView): string {
  if (run === undefined || status === undefined) return '';
  const { epoch, step, loss, accuracy, samplesPerSecond } = status;
  const parts = [
    `epoch ${formatCount(epoch)}/${formatCount(run.epochs)}`,
    `step ${formatCount(step)}`,
    ...(loss === undefined ? [] : [`loss ${formatNumber(loss)}`]),
    ...(accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)}`]),
    `${formatRate(samplesPerSecond)} of all`,
  ];
  return parts.join(', ');
}

function hereText(view: PeerView, { samplesPerSecond }: Surroundings): string {
  if (view.run === undefined) return '';
  const { accepted, acceptedSamples } = view.contribution;
  const parts = [
    `here: ${counted(view.threads, 'thread')}`,
    `${counted(accepted, 'node')} accepted`,
    `${counted(acceptedSamples, 'sample')}${shareText(view)}`,
    ...(samplesPerSecond === undefined ? [] : [formatRate(samplesPerSecond)]),
  ];
  return parts.join(', ');
}

function shareText({ contribution: { share } }: PeerView): string {
  return share === undefined ? '' : `, ${formatPercent(share)} of all`;
}

function fleetText({ status }: PeerView): string {
  if (status === undefined) return '';
  const { browsers, machines, localThreads } = status;
  const fleet = [
    counted(browsers, 'tab'),
    counted(machines, 'machine'),
    `${counted(localThreads, 'thread')} of its own`,
  ];
  return `the run has ${fleet.join(', ')}`;
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
