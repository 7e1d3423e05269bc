import { initialState } from '@hivegrad/shared/peer/state';
import { type PeerView, viewOf } from '@hivegrad/shared/peer/view';
import { describe, expect, it } from 'vitest';
import { type Calm, calmed } from './calm.ts';

const idle = viewOf(initialState({ threads: 1, lanes: 1 }));
const view = (phase: PeerView['phase'], computed = 0): PeerView => ({
  ...idle,
  phase,
  sentence: `It is ${phase}.`,
  contribution: { ...idle.contribution, computed },
});

/** What is shown after views at their moments. */
function shown(...views: readonly (readonly [number, PeerView])[]): string {
  let calm: Calm | undefined;
  for (const [atMs, next] of views) calm = calmed(calm, next, atMs);
  return calm!.sentence;
}

describe('calmed', () => {
  it('says that it computes while it stands by between two nodes', () => {
    expect(shown([0, view('working')], [100, view('standingBy', 1)])).toBe('Computing gradients.');
    expect(shown([0, view('working')], [100, view('resting', 1)], [1900, view('standingBy', 1)])).toBe(
      'Computing gradients.',
    );
  });

  it('knows from the count that it computed where no view shows it working', () => {
    expect(shown([0, view('standingBy', 4)], [100, view('standingBy', 5)])).toBe('Computing gradients.');
  });

  it('says that it stands by once that has lasted for two seconds', () => {
    expect(shown([0, view('working')], [100, view('standingBy', 1)], [2100, view('standingBy', 1)])).toBe(
      'It is standingBy.',
    );
  });

  it('says everything else at once', () => {
    for (const phase of ['paused', 'waiting', 'done', 'failed', 'stopped'] as const) {
      expect(shown([0, view('working')], [1, view(phase)])).toBe(`It is ${phase}.`);
    }
  });
});
