import type { PeerView } from '@hivegrad/shared/peer/view';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDrawn, createJoinProgress, createPlain } from './join-progress.ts';

const view: PeerView = {
  phase: 'preparing',
  sentence: 'Testing.',
  pauses: [],
  threads: 1,
  intensity: 1,
  computing: 0,
  queued: 0,
  contribution: { computed: 0, computedSamples: 0, computeMs: 0, accepted: 0, acceptedSamples: 0 },
};

function output() {
  let text = '';
  let nowMs = 0;
  return {
    write: (more: string) => {
      text += more;
    },
    now: () => nowMs,
    at(ms: number) {
      nowMs = ms;
    },
    /** What was written since the last call. */
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

describe('plain lines', () => {
  it('are one for each new stage, and at most one each five seconds within one', () => {
    const out = output();
    const progress = createPlain(out);
    progress.view(view);
    progress.view(view);
    expect(out.take()).toBe('Testing.\n');
    for (let ms = 0; ms < 4999; ms += 100) {
      out.at(ms);
      progress.view({ ...view, phase: ms % 200 === 0 ? 'working' : 'standingBy', sentence: 'Working.' });
    }
    expect(out.take()).toBe('Working.\n');
    out.at(5000);
    const contribution = { ...view.contribution, computedSamples: 1000 };
    progress.view({ ...view, phase: 'standingBy', sentence: 'Standing by.', contribution });
    progress.view({ ...view, phase: 'standingBy', sentence: 'Standing by.', contribution });
    expect(out.take()).toBe('Standing by.\n');
    progress.line('Note.');
    expect(out.take()).toBe('Note.\n');
    progress.view({ ...view, phase: 'done', sentence: 'Over.' });
    expect(out.take()).toBe('');
  });
});

describe('drawn lines', () => {
  const begin = () => {
    vi.useFakeTimers();
    const out = output();
    const progress = createDrawn(out);
    onTestFinished(() => {
      progress.stop();
      vi.useRealTimers();
    });
    return { out, progress };
  };
  const waiting: PeerView = { ...view, phase: 'waiting', sentence: 'Alone.', retryAtMs: 2000 };

  it('take the place of those before, and count down', () => {
    const { out, progress } = begin();
    progress.view(waiting);
    expect(out.take()).toBe('\u001b[?7lAlone.\nTrying again in 2 s.\n\u001b[?7h');
    out.at(1001);
    vi.advanceTimersByTime(200);
    expect(out.take()).toBe('\r\u001b[2A\u001b[J\u001b[?7lAlone.\nTrying again in 1 s.\n\u001b[?7h');
  });

  it('let other lines stand above them, and leave nothing behind', () => {
    const { out, progress } = begin();
    progress.line('First.');
    expect(out.take()).toBe('First.\n');
    progress.view(view);
    out.take();
    progress.line('Second.');
    expect(out.take()).toBe('\r\u001b[1A\u001b[JSecond.\n\u001b[?7lTesting.\n\u001b[?7h');
    progress.stop();
    expect(out.take()).toBe('\r\u001b[1A\u001b[J');
    vi.advanceTimersByTime(1000);
    expect(out.take()).toBe('');
  });
});

it('lines are drawn where a person watches a terminal, and nowhere else', () => {
  const drawn = (isTTY: boolean, env: Record<string, string>) => {
    const out = output();
    const stream = Object.assign(Object.create(process.stderr) as NodeJS.WriteStream, {
      isTTY,
      write: (text: string) => {
        out.write(text);
        return true;
      },
    });
    const progress = createJoinProgress({ stream, env, now: out.now });
    progress.view(view);
    progress.stop();
    return out.take().includes('\u001b');
  };
  expect(drawn(true, {})).toBe(true);
  expect(drawn(true, { CI: 'true' })).toBe(false);
  expect(drawn(true, { TERM: 'dumb' })).toBe(false);
  expect(drawn(false, {})).toBe(false);
});
