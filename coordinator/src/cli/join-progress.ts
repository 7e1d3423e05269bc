/**
 * Shows a worker's life on a stream: a few lines that are drawn again where a person watches a terminal, plain lines
 * elsewhere. In: views, at whatever pace; out: text. Bound: plain lines are one for each new stage but the last and one each five
 * seconds.
 */

import type { PeerView } from '@hivegrad/shared/peer/view';
import { isEnd, stageLine, stageOf, standingLine, viewLines } from './join-text.ts';
import { createRate } from './rate.ts';

export interface JoinProgress {
  view(view: PeerView): void;
  /** Prints a line of its own, above the others. */
  line(text: string): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

export interface JoinProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Environment variables; CI and TERM=dumb ask for plain lines. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The clock that views use, in milliseconds. */
  readonly now: () => number;
}

export function createJoinProgress({ stream, env, now }: JoinProgressOptions): JoinProgress {
  const ci = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  const write = (text: string) => void stream.write(text);
  if (stream.isTTY === true && !ci && env.TERM !== 'dumb') return createDrawn({ write, now });
  return createPlain({ write, now });
}

export interface Output {
  readonly write: (text: string) => void;
  readonly now: () => number;
}

/** Silence between two lines of the same stage. */
const PLAIN_INTERVAL_MS = 5000;

export function createPlain({ write, now }: Output): JoinProgress {
  const rate = createRate();
  let stage = 'idle';
  let toldMs = now();
  const tell = (text: string, nowMs: number) => {
    toldMs = nowMs;
    write(`${text}\n`);
  };
  return {
    view(view) {
      const nowMs = now();
      const samplesPerSecond = rate(nowMs, view.contribution.computedSamples);
      const next = stageOf(view.phase);
      if (next !== stage) {
        stage = next;
        if (!isEnd(next)) tell(stageLine(view, nowMs), nowMs);
      } else if (next === 'lending' && nowMs - toldMs >= PLAIN_INTERVAL_MS) {
        tell(standingLine(view, { nowMs, samplesPerSecond }), nowMs);
      }
    },
    line: (text) => write(`${text}\n`),
    stop() {},
  };
}

/** How often a terminal is drawn, for a countdown must not jump. */
const DRAW_INTERVAL_MS = 200;

const CLEAR_BELOW = '\u001b[J';
/** Whatever width a character has, a line that is too long ends at the edge, so that each line is one line. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

export function createDrawn({ write, now }: Output): JoinProgress {
  const rate = createRate();
  let latest: PeerView | undefined;
  let drawn = 0;
  const toTop = () => (drawn === 0 ? '' : `\r\u001b[${drawn}A${CLEAR_BELOW}`);
  const draw = (above = '') => {
    if (latest === undefined) {
      write(above);
      return;
    }
    const nowMs = now();
    const samplesPerSecond = rate(nowMs, latest.contribution.computedSamples);
    const lines = viewLines(latest, { nowMs, samplesPerSecond });
    write(`${toTop()}${above}${NO_WRAP}${lines.join('\n')}\n${WRAP}`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, DRAW_INTERVAL_MS);
  return {
    view(view) {
      const isNews = latest?.phase === undefined || stageOf(latest.phase) !== stageOf(view.phase);
      latest = view;
      if (isNews) draw();
    },
    line: (text) => draw(`${text}\n`),
    stop() {
      clearInterval(timer);
      write(toTop());
      latest = undefined;
      drawn = 0;
    },
  };
}
