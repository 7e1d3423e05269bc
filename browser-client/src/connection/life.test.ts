import { describe, expect, it } from 'vitest';
import type { Pool } from '../compute/pool.ts';
import { createLife } from './life.ts';
import type { Report, StartSettings } from './messages.ts';

const settings: StartSettings = {
  url: 'ws://run/socket',
  token: 'honey',
  threads: 3,
  intensity: 1,
  cacheBytes: 1000,
};

function createWorld() {
  const calls: (readonly [string, ...unknown[]])[] = [];
  const reports: Report[] = [];
  const pool: Pool = {
    setThreads(threads) {
      calls.push(['threads', threads]);
      return 2;
    },
    setLanes: (lanes) => calls.push(['lanes', lanes]),
    async prepare() {
      calls.push(['prepare']);
      return { kernels: 'ab'.repeat(32), answer: 'cd'.repeat(32) };
    },
    open: () => Promise.reject(new Error('No run was welcomed.')),
  };
  let connecting = () => {};
  const isConnecting = new Promise<void>((resolve) => {
    connecting = resolve;
  });
  const phase = () => {
    const last = reports.findLast((report) => report.type === 'view');
    return last?.type === 'view' ? last.view.phase : undefined;
  };
  const life = createLife({
    pool,
    cacheId: '01'.repeat(16),
    chance: { uniform: () => 0.5 },
    clock: { nowMs: () => 0, after: () => () => {} },
    socket: {
      open(url, subprotocols) {
        calls.push(['open', url, ...subprotocols]);
        return { send: () => {}, close: () => {}, bufferedBytes: () => 0 };
      },
    },
    report(report) {
      reports.push(report);
      if (phase() === 'connecting') connecting();
    },
  });
  return { life, calls, phase, isConnecting };
}

describe('the life of a worker in a tab', () => {
  it('begins with the first start, and not before', async () => {
    const { life, calls, phase, isConnecting } = createWorld();
    life({ type: 'threads', threads: 9 });
    life({ type: 'pause', reason: 'user' });
    expect([calls, phase()]).toEqual([[], undefined]);
    life({ type: 'start', settings });
    expect(phase()).toBe('preparing');
    await isConnecting;
    expect(calls).toEqual([
      ['lanes', 2],
      ['threads', 3],
      ['prepare'],
      ['open', 'ws://run/socket', 'hivegrad', 'hivegrad.token.honey'],
    ]);
  });

  it('is stopped and started again without a second test', async () => {
    const { life, calls, phase, isConnecting } = createWorld();
    life({ type: 'start', settings });
    await isConnecting;
    life({ type: 'stop' });
    expect(phase()).toBe('stopped');
    life({ type: 'start', settings });
    expect(phase()).toBe('connecting');
    expect(calls.map(([name]) => name)).toEqual(['lanes', 'threads', 'prepare', 'open', 'open']);
  });

  it('computes one node at a time when it has to rest between, and two when it has not', () => {
    const { life, calls } = createWorld();
    life({ type: 'start', settings: { ...settings, intensity: 0.5 } });
    life({ type: 'intensity', share: 1 });
    life({ type: 'intensity', share: 0.25 });
    expect(calls.filter(([name]) => name === 'lanes')).toEqual([
      ['lanes', 1],
      ['lanes', 2],
      ['lanes', 1],
    ]);
    // It asks for the lanes anew each time, with the threads that it has.
    expect(calls.filter(([name]) => name === 'threads')).toHaveLength(3);
  });
});
