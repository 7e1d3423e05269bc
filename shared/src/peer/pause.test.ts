import { describe, expect, it } from 'vitest';
import { BUFFERED_BYTES_MAX, OUTBOX_MAX } from './work.ts';
import {
  assignOf,
  bareAssignOf,
  computing,
  createWorld,
  exampleWelcome,
  identityOf,
  joined,
  left,
  resultOf,
  right,
  weightsOf,
} from './world.test.support.ts';

describe('a pause', () => {
  it('gives everything back, holds as long as one reason does, and keeps the connection', async () => {
    const { world, line, peer, engine } = await joined();
    for (const node of [left(0), right(0)]) line.tell(assignOf(node, 2));
    await world.settle();
    peer.pause('hidden');
    peer.pause('battery');
    peer.pause('hidden');
    expect(line.take()).toEqual([{ type: 'pause', reason: 'hidden' }]);
    expect(peer.view()).toMatchObject({ phase: 'paused', pauses: ['hidden', 'battery'], queued: 0 });
    await world.settle();
    engine.settle(0, 'aborted');
    await world.settle();
    peer.resume('hidden');
    expect(line.take()).toEqual([]);
    peer.resume('battery');
    expect(line.take()).toEqual([{ type: 'resume', threads: 2 }]);
    expect(peer.view().phase).toBe('standingBy');
  });

  it('is told again to each run that welcomes it', async () => {
    const { world, line, peer } = await joined();
    peer.pause('saver');
    line.cut();
    world.clock.advance(500);
    const next = await world.join();
    expect(next.take().slice(1)).toEqual([{ type: 'pause', reason: 'saver' }]);
    expect(peer.view().sentence).toBe('Paused because data is to be saved.');
  });

  it('that ends before the engine stopped computes a node that is given again once more', async () => {
    const { world, line, peer, engine } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    peer.pause('user');
    peer.resume('user');
    line.tell(assignOf(left(0), 2));
    await world.settle();
    engine.settle(0, 'aborted');
    await world.settle();
    expect(computing(world)).toEqual([left(0)]);
    engine.settle(0);
    await world.settle();
    expect(line.take().filter(({ type }) => type === 'result')).toEqual([resultOf(left(0))]);
  });
});

describe('a worker that finishes', () => {
  it('takes nothing new, answers what it holds, and says goodbye', async () => {
    const { world, line, peer, engine, clock } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    peer.finish();
    line.tell(assignOf(right(0), 2));
    expect(line.take()).toEqual([{ type: 'finish' }]);
    expect(peer.view().phase).toBe('finishing');
    engine.settle(0);
    await world.settle();
    expect(line.take()).toEqual([resultOf(left(0)), { type: 'bye', reason: 'finished' }]);
    expect([line.closedWith, peer.view().phase, clock.waiting()]).toEqual([1000, 'stopped', 0]);
  });

  it('does not come back where the connection is lost before that', async () => {
    const { world, line, peer } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    peer.finish();
    line.cut();
    expect(peer.view().phase).toBe('stopped');
  });
});

describe('a result', () => {
  it('waits while the socket is full, and so do the nodes behind it', async () => {
    const shape = { ...exampleWelcome, samples: 200, batchSize: 200 };
    const world = createWorld();
    const line = await world.join(shape);
    line.tell(weightsOf(0));
    line.take();
    line.bufferedBytes = BUFFERED_BYTES_MAX;
    for (let index = 0; index < 8; index++) line.tell(assignOf({ step: 0, level: 0, index }, 2));
    for (let i = 0; i < OUTBOX_MAX; i++) {
      await world.settle();
      world.engine.settle(0);
    }
    await world.settle();
    expect([world.engine.held, line.take()]).toEqual([[], []]);
    line.bufferedBytes = 0;
    world.clock.advance(20);
    await world.settle();
    expect(line.take().map((message) => 'index' in message && message.index)).toEqual([0, 1, 2, 3]);
    expect(world.engine.held.length).toBe(1);
  });

  it('in a full socket keeps a worker that finishes, unless it is cancelled', async () => {
    for (const cancels of [false, true]) {
      const { world, line, engine, peer, clock } = await joined();
      line.tell(assignOf(left(0), 2));
      await world.settle();
      line.bufferedBytes = BUFFERED_BYTES_MAX;
      engine.settle(0);
      await world.settle();
      peer.finish();
      expect([line.take(), peer.view().phase]).toEqual([[{ type: 'finish' }], 'finishing']);
      if (cancels) line.tell({ type: 'cancel', ...left(0) });
      line.bufferedBytes = 0;
      clock.advance(20);
      const bye = { type: 'bye', reason: 'finished' };
      expect(line.take()).toEqual(cancels ? [bye] : [resultOf(left(0)), bye]);
    }
  });

  it('of a session that was given up is not told to the next', async () => {
    const { world, line, engine, clock, peer } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    const [old] = engine.held;
    line.cut();
    clock.advance(500);
    const next = await world.join({ ...exampleWelcome, identity: identityOf(2) });
    next.tell(weightsOf(0));
    next.tell(bareAssignOf(left(0)));
    await world.settle();
    next.take();
    old!.settle({ kind: 'notFinite', computeUs: 1 });
    await world.settle();
    expect([next.take(), peer.view().computing]).toEqual([[], 1]);
  });

  it('for a lost connection is sent where the same run asks for the node again', async () => {
    const { world, line, engine, clock } = await joined();
    for (const node of [left(0), right(0)]) line.tell(assignOf(node, 2));
    await world.settle();
    line.cut();
    engine.settle(0);
    await world.settle();
    clock.advance(500);
    const next = await world.join();
    next.tell(weightsOf(0));
    expect(next.take().map(({ type }) => type)).toEqual(['hello']);
    next.tell(bareAssignOf(left(0)));
    expect(next.take()).toEqual([resultOf(left(0))]);
    expect([engine.sessions, engine.held]).toEqual([1, []]);
  });

  it('for a lost connection is forgotten where the run does not know the worker', async () => {
    const { world, line, engine, clock } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    line.cut();
    engine.settle(0);
    await world.settle();
    clock.advance(500);
    const next = await world.join({ ...exampleWelcome, identity: identityOf(2) });
    next.tell(weightsOf(0));
    next.tell(bareAssignOf(left(0)));
    await world.settle();
    expect(engine.sessions).toBe(2);
    expect(computing(world)).toEqual([left(0)]);
  });
});

describe('a worker that lends part of its time', () => {
  it('rests between nodes', async () => {
    const { world, line, engine, peer, clock } = await joined({ intensity: 0.25 });
    for (const node of [left(0), right(0)]) line.tell(assignOf(node, 2));
    await world.settle();
    engine.settle(0, 'result', 100_000);
    await world.settle();
    expect(peer.view()).toMatchObject({ phase: 'resting', queued: 1 });
    clock.advance(299);
    await world.settle();
    expect(engine.held).toEqual([]);
    clock.advance(1);
    await world.settle();
    expect(computing(world)).toEqual([right(0)]);
    peer.setIntensity(1);
    expect(peer.view().intensity).toBe(1);
  });

  it('tells when its number of threads changes', async () => {
    const { line, peer } = await joined();
    peer.setThreads(5);
    peer.setThreads(5);
    expect(line.take()).toEqual([{ type: 'resume', threads: 5 }]);
  });
});

it('shows what became of its work, and why it waits', async () => {
  const { line, peer } = await joined();
  line.tell({
    type: 'status',
    epoch: 1,
    step: 4,
    browsers: 1,
    machines: 0,
    localThreads: 2,
    samplesPerSecond: 10,
  });
  line.tell({ type: 'standing', nodes: 3, samples: 7, waiting: 'notUseful' });
  expect(peer.view()).toMatchObject({
    sentence: expect.stringContaining('before this machine could help'),
    // Step 4 is the first of the second epoch: 10 samples and 4.
    contribution: { accepted: 3, acceptedSamples: 7, share: 0.5 },
  });
});

it('says why where its engine fails', async () => {
  const { world, line, engine, peer } = await joined();
  line.tell(assignOf(left(0), 2));
  await world.settle();
  engine.held[0]!.fail(new Error('A thread of this machine died.'));
  await world.settle();
  expect(line.take()).toEqual([{ type: 'bye', reason: 'failed' }]);
  expect(peer.view()).toMatchObject({ phase: 'failed', sentence: 'A thread of this machine died.' });
});
