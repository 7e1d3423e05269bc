/**
 * Progress of a comparison on stderr: one bar over all its runs on a terminal, with the time that is left; elsewhere a
 * line each ten seconds. In: what each run was estimated to take, and how far it has come; out: text. The estimates
 * weigh the runs against each other; the time left follows from how long the done part really took.
 */

import cliProgress from 'cli-progress';
import type { CompareEvent } from '../compare/compare.ts';
import { runText } from './compare-text.ts';
import { formatDuration, formatPercent } from './format.ts';

type EventOf<T extends CompareEvent['type']> = CompareEvent & { type: T };

export interface CompareProgress {
  begin(event: Pick<EventOf<'begin'>, 'runs' | 'done' | 'seconds'>): void;
  update(event: Pick<EventOf<'progress'>, 'run' | 'fraction' | 'seconds'>): void;
  ended(event: Pick<EventOf<'ended'>, 'seconds'>): void;
  /** Prints a line of its own, above the bar where there is one. */
  line(text: string): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

export interface CompareProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Environment variables; CI and TERM=dumb ask for plain lines. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Silence that plain lines allow. */
const PLAIN_INTERVAL_MS = 10_000;
const BAR_WIDTH = 24;

export function createCompareProgress({ stream, env, now }: CompareProgressOptions): CompareProgress {
  const ci = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  const draws = stream.isTTY === true && !ci && env.TERM !== 'dumb';
  const output = draws ? createBar(stream) : createLines(stream, now);
  let runs = 0;
  let done = 0;
  let seconds = 0;
  let doneSeconds = 0;
  let beganMs = 0;
  return {
    begin(event) {
      ({ runs, done, seconds } = event);
      beganMs = now();
      if (done < runs) output.show(0, `run ${done + 1}/${runs}`);
    },
    update({ run, fraction, seconds: own }) {
      const share = seconds === 0 ? 0 : Math.min(1, (doneSeconds + fraction * own) / seconds);
      const what = `run ${done + 1}/${runs}  ${run.cell.id}, ${runText(run)}`;
      output.show(share, [what, ...leftText(share, now() - beganMs)].join('  '));
    },
    ended({ seconds: own }) {
      done++;
      doneSeconds += own;
    },
    line: (text) => output.line(text),
    stop: () => output.stop(),
  };
}

/** Nothing while too little is done to tell. */
function leftText(share: number, elapsedMs: number): string[] {
  if (share < 0.01) return [];
  return [`${formatDuration((elapsedMs * (1 - share)) / share)} left`];
}

interface Output {
  show(share: number, text: string): void;
  line(text: string): void;
  stop(): void;
}

function createLines(stream: NodeJS.WritableStream, now: () => number): Output {
  let toldMs = now();
  return {
    show(share, text) {
      if (now() - toldMs < PLAIN_INTERVAL_MS) return;
      toldMs = now();
      stream.write(`${formatPercent(share, 0)}  ${text}\n`);
    },
    line(text) {
      toldMs = now();
      stream.write(`${text}\n`);
    },
    stop() {},
  };
}

function createBar(stream: NodeJS.WritableStream): Output {
  let bars: cliProgress.MultiBar | null = null;
  let latest = '';
  const draw = () => {
    if (bars !== null) return;
    // MultiBar with one bar, since SingleBar restores a cursor position that printed lines have moved.
    bars = new cliProgress.MultiBar({ stream, linewrap: false, format: () => latest });
    bars.create(1, 0);
  };
  return {
    show(share, text) {
      const complete = Math.round(share * BAR_WIDTH);
      latest = `${'━'.repeat(complete)}${'─'.repeat(BAR_WIDTH - complete)}  ${formatPercent(share, 0)}  ${text}`;
      draw();
    },
    line(text) {
      if (bars === null) {
        stream.write(`${text}\n`);
        return;
      }
      bars.log(`${text}\n`);
      bars.update();
    },
    stop() {
      bars?.stop();
      bars = null;
    },
  };
}
