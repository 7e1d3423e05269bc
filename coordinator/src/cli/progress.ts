/**
 * Progress of a training run on stderr. In: the start of each epoch, reports during it, other lines; out: one bar
 * per epoch on a terminal, or plain lines where nobody watches (a file, a pipe, CI). Time is read from an injected
 * clock and only when something is reported, so what is shown is a function of the calls.
 */

import cliProgress from 'cli-progress';
import { formatDuration, formatNumber, formatPercent, formatRate } from './format.ts';
import type { Rate } from './rate.ts';
import { createRate } from './rate.ts';

export interface EpochStart {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Samples in one epoch. */
  readonly samples: number;
  /** Samples of this epoch that an earlier process has done; default 0. */
  readonly samplesDone?: number;
}

export interface EpochReport {
  /** Samples of this epoch that are done, those of an earlier process included. */
  readonly samples: number;
  /** Mean loss of the epoch so far. */
  readonly loss: number;
  /** Share of samples classified correctly so far, or null where the loss has no classes. */
  readonly accuracy: number | null;
}

/** What the trainer calls; each call returns at once. */
export interface Progress {
  /** An epoch starts; the one before it is finished. */
  epoch(start: EpochStart): void;
  /** Something was trained. A report of all samples finishes the epoch. */
  update(report: EpochReport): void;
  /** Prints a line of its own, above the bar where there is one. */
  line(text: string): void;
  /** Leaves the terminal as it was. Further calls, but for line and epoch, do nothing. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Environment variables; CI and TERM=dumb ask for plain lines. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** A bar where `stream` is a terminal that a person watches, plain lines elsewhere. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, env, now } = options;
  const ci = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  if (stream.isTTY === true && !ci && env.TERM !== 'dumb') return createBarProgress({ stream, now });
  return createPlainProgress({ write: (text) => stream.write(text), now });
}

/** One epoch as it is known after the latest report. */
interface EpochState {
  readonly start: EpochStart;
  readonly startedMs: number;
  readonly report: EpochReport | null;
  /** When `report` came. */
  readonly reportedMs: number;
  readonly rate: Rate;
  /** Samples a second of late; undefined while that is the rate since the epoch started. */
  readonly samplesPerSecond?: number | undefined;
}

/** Silence that plain lines allow before they say something within an epoch. */
const PLAIN_INTERVAL_MS = 10_000;

/** A line when an epoch is finished, and one each ten seconds in an epoch that takes longer. */
export function createPlainProgress(options: { write: (text: string) => void; now: () => number }): Progress {
  const { write, now } = options;
  let state: EpochState | null = null;
  /** Since when the reader has waited; what came before an epoch, as loading, told of itself. */
  let quietSinceMs = now();
  return {
    epoch(start) {
      quietSinceMs = now();
      state = startEpoch(start, quietSinceMs);
    },
    update(report) {
      if (state === null) return;
      state = reported(state, report, now());
      const done = isDone(state);
      if (!done && state.reportedMs - quietSinceMs < PLAIN_INTERVAL_MS) return;
      quietSinceMs = state.reportedMs;
      write(`${epochParts(state).join('  ')}\n`);
      if (done) state = null;
    },
    line(text) {
      write(`${text}\n`);
    },
    stop() {
      state = null;
    },
  };
}

/** One bar per epoch, redrawn ten times a second by cli-progress; finished bars stay in the scrollback. */
export function createBarProgress(options: { stream: NodeJS.WritableStream; now: () => number }): Progress {
  const { stream, now } = options;
  let state: EpochState | null = null;
  let bars: cliProgress.MultiBar | null = null;
  const finish = () => {
    bars?.stop();
    bars = null;
    state = null;
  };
  return {
    epoch(start) {
      finish();
      const begun = startEpoch(start, now());
      state = begun;
      // MultiBar with one bar, since SingleBar restores a cursor position that printed lines have moved.
      bars = new cliProgress.MultiBar({
        stream,
        linewrap: true,
        // Else a bar that has not changed is not drawn again below a line that took its place.
        forceRedraw: true,
        format: (_options, { maxWidth }) => barLine(state ?? begun, maxWidth),
      });
      bars.create(start.samples, start.samplesDone ?? 0);
      bars.update();
    },
    update(report) {
      if (state === null) return;
      state = reported(state, report, now());
      if (isDone(state)) finish();
    },
    line(text) {
      if (bars === null) {
        stream.write(`${text}\n`);
        return;
      }
      bars.log(`${text}\n`);
      bars.update();
    },
    stop: finish,
  };
}

const BAR_WIDTH_MIN = 8;
const BAR_WIDTH_MAX = 30;

/** The epoch in at most `width` columns: the time left, the rate and the accuracy give way to the bar, in that order. */
function barLine(state: EpochState, width: number): string {
  const [epoch = '', ...parts] = epochParts(state);
  // A column stays free: many terminals wrap as soon as the last one is written.
  const room = () => width - 1 - [epoch, ...parts].join('  ').length - 2;
  while (parts.length > 1 && room() < BAR_WIDTH_MIN) parts.pop();
  const length = Math.min(BAR_WIDTH_MAX, Math.max(0, room()));
  const complete = Math.round(fractionDone(state) * length);
  const bar = '━'.repeat(complete) + '─'.repeat(length - complete);
  return [epoch, bar, ...parts].join('  ');
}

/** `epoch  3/10`, `63 %`, loss, accuracy, rate and time, each where it is known. */
function epochParts(state: EpochState): string[] {
  const { start, report } = state;
  const epochs = String(start.epochs);
  const parts = [
    `epoch ${String(start.epoch).padStart(epochs.length)}/${epochs}`,
    formatPercent(Math.floor(fractionDone(state) * 100) / 100, 0).padStart(5),
  ];
  if (report === null) return parts;
  parts.push(`loss ${formatNumber(report.loss)}`);
  if (report.accuracy !== null) parts.push(`accuracy ${formatPercent(report.accuracy)}`);
  const elapsedMs = state.reportedMs - state.startedMs;
  const trained = report.samples - (start.samplesDone ?? 0);
  if (elapsedMs <= 0 || trained <= 0) return parts;
  const average = (trained / elapsedMs) * 1000;
  if (isDone(state)) return [...parts, formatRate(average), `in ${formatDuration(elapsedMs)}`];
  // While a run waits for workers nothing comes, and nobody knows for how long.
  const { samplesPerSecond = average } = state;
  parts.push(formatRate(samplesPerSecond));
  if (samplesPerSecond === 0) return parts;
  const samplesLeft = start.samples - report.samples + (start.epochs - start.epoch) * start.samples;
  return [...parts, `${formatDuration((samplesLeft / samplesPerSecond) * 1000)} left`];
}

function startEpoch(start: EpochStart, startedMs: number): EpochState {
  const rate = createRate();
  rate(startedMs, start.samplesDone ?? 0);
  return { start, startedMs, report: null, reportedMs: startedMs, rate };
}

function reported(state: EpochState, report: EpochReport, nowMs: number): EpochState {
  return { ...state, report, reportedMs: nowMs, samplesPerSecond: state.rate(nowMs, report.samples) };
}

function isDone({ start, report }: EpochState): boolean {
  return report !== null && report.samples >= start.samples;
}

function fractionDone({ start, report }: EpochState): number {
  const done = report?.samples ?? start.samplesDone ?? 0;
  return start.samples === 0 ? 1 : Math.min(1, done / start.samples);
}
