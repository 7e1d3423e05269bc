import type { Clock } from '@hivegrad/shared/peer/ports';
import { initialState } from '@hivegrad/shared/peer/state';
import { type PeerView, viewOf } from '@hivegrad/shared/peer/view';
import { describe, expect, it } from 'vitest';
import { tellViews, VIEW_MS } from './views.ts';

const view = (part: Partial<PeerView>): PeerView => ({
  ...viewOf(initialState({ threads: 1, lanes: 1 })),
  phase: 'working',
  ...part,
});

function createWorld() {
  let now = 0;
  const calls: { readonly atMs: number; readonly call: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => now,
    after(ms, call) {
      calls.push({ atMs: now + ms, call });
      return () => {};
    },
  };
  const told: PeerView[] = [];
  const tell = tellViews((next) => told.push(next), clock);
  const pass = (ms: number) => {
    now += ms;
    for (const due of calls.splice(0).filter(({ atMs }) => atMs <= now)) due.call();
  };
  return { tell, told, pass };
}

describe('tellViews', () => {
  it('tells the first of many at once, and the last when the time has passed', () => {
    const { tell, told, pass } = createWorld();
    const views = [1, 2, 3, 4].map((computing) => view({ computing }));
    for (const next of views) tell(next);
    expect(told).toEqual([views[0]]);
    pass(VIEW_MS);
    expect(told).toEqual([views[0], views[3]]);
    pass(VIEW_MS);
    expect(told).toHaveLength(2);
  });

  it('takes the phases between two nodes for one, and tells each other change at once', () => {
    const { tell, told } = createWorld();
    tell(view({}));
    tell(view({ phase: 'standingBy' }));
    tell(view({ phase: 'resting' }));
    expect(told).toHaveLength(1);
    for (const part of [
      { phase: 'paused', pauses: ['user'] },
      { phase: 'paused', pauses: ['user', 'hidden'] },
      { problem: 'Something.' },
      { threads: 2 },
      { phase: 'done', digest: 'ab' },
    ] as const) {
      tell(view(part));
      expect(told.at(-1)).toEqual(view(part));
    }
  });
});
