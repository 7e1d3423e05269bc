import { describe, expect, it } from 'vitest';
import { protocolErrors } from '../protocol/errors.ts';
import { backOffMs, CONNECT_MS } from './connection.ts';
import { createWorld, exampleWelcome, identityOf, weightsOf } from './world.test.support.ts';

const refusalOf = (name: keyof typeof protocolErrors, retryMs?: number) => ({
  type: 'refuse' as const,
  code: protocolErrors[name].number,
  name,
  sentence: protocolErrors[name].sentence,
  ...(retryMs !== undefined && { retryMs }),
});

describe('a worker that starts', () => {
  it('does nothing before, then tests its engine, connects, and says who it is', async () => {
    const world = createWorld({ name: 'Ada\u202e ', threads: 3, token: 'T' });
    expect([world.peer.view().phase, world.lines.length]).toEqual(['idle', 0]);
    world.peer.start();
    expect(world.peer.view().phase).toBe('preparing');
    await world.settle();
    expect(world.peer.view().phase).toBe('connecting');
    world.line().open();
    expect(world.peer.view().phase).toBe('greeting');
    expect(world.line().take()).toEqual([
      {
        type: 'hello',
        protocol: 1,
        kernels: 'a'.repeat(64),
        answer: 'b'.repeat(64),
        agent: 'node',
        threads: 3,
        cacheId: 'c'.repeat(32),
        rowBytesMax: 1 << 20,
        name: expect.stringContaining('Ada'),
      },
    ]);
    world.line().tell(exampleWelcome);
    expect(world.peer.view()).toMatchObject({
      phase: 'standingBy',
      sentence: 'Waiting for work.',
      run: exampleWelcome,
    });
    expect(world.secrets.identity).toBe(identityOf(1));
  });

  it.each([
    ['shows the identity of an earlier life', identityOf(9), { identity: identityOf(9) }],
    ['shows none where something else was kept', 'nonsense', {}],
  ])('%s', async (_name, identity, shown) => {
    const world = createWorld({ secrets: { identity } });
    world.peer.start();
    await world.settle();
    world.line().open();
    const [hello] = world.line().take();
    expect('identity' in hello! ? { identity: hello.identity } : {}).toEqual(shown);
  });

  it('says why where its engine has no room for the run', async () => {
    const world = createWorld();
    world.engine.openError = new RangeError('too large');
    const line = await world.join();
    expect(line.take().at(-1)).toEqual({ type: 'bye', reason: 'failed' });
    expect(line.closedWith).toBe(1000);
    expect(world.peer.view()).toMatchObject({
      phase: 'failed',
      sentence: expect.stringContaining('too little memory'),
    });
    expect(world.clock.waiting()).toBe(0);
  });

  it('takes a run that does not answer for one that cannot be reached', async () => {
    const world = createWorld();
    world.peer.start();
    await world.settle();
    world.clock.advance(CONNECT_MS);
    expect(world.peer.view()).toMatchObject({ phase: 'waiting', problem: 'The run does not answer.' });
  });
});

describe('back-off', () => {
  it('doubles from half a second to a minute, with a random part of up to half', () => {
    expect([0, 1, 2, 6, 7, 50].map((failures) => backOffMs(failures, 0))).toEqual([
      500, 1000, 2000, 32_000, 60_000, 60_000,
    ]);
    expect(backOffMs(0, 0.999_999)).toBe(749);
    expect(backOffMs(50, 0.999_999)).toBe(89_999);
  });

  it('takes what the run said as a lower bound', () => {
    expect(backOffMs(0, 0.5, 10_000)).toBe(10_125);
    expect(backOffMs(7, 0, 10_000)).toBe(60_000);
  });

  it('grows while nobody answers, and starts over behind a welcome', async () => {
    const world = createWorld();
    world.peer.start();
    await world.settle();
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      world.line().cut();
      delays.push(world.peer.view().retryAtMs! - world.clock.nowMs());
      world.clock.advance(delays[i]!);
    }
    expect(delays).toEqual([500, 1000, 2000]);
    const line = await world.join();
    line.cut();
    expect(world.peer.view()).toMatchObject({
      phase: 'waiting',
      retryAtMs: world.clock.nowMs() + 500,
      problem: 'The connection to the run was lost.',
    });
  });

  it('goes on growing where a run welcomes the worker and breaks the protocol each time', async () => {
    const world = createWorld();
    const delays: number[] = [];
    for (let i = 0; i < 4; i++) {
      const line = await world.join();
      line.events.message(new Uint8Array(3));
      expect(line.closedWith).toBe(4100);
      delays.push(world.peer.view().retryAtMs! - world.clock.nowMs());
      world.clock.advance(delays[i]!);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000]);
  });
});

describe('a refusal', () => {
  it.each(['OTHER_KERNELS', 'ENGINE_NOT_EXACT', 'BANNED', 'NOT_LENDING'] as const)(
    '%s is final',
    async (name) => {
      const world = createWorld();
      const line = await world.join();
      line.tell(refusalOf(name));
      expect(world.peer.view()).toMatchObject({ phase: 'refused', sentence: protocolErrors[name].sentence });
      expect([world.clock.waiting(), world.lines.length]).toEqual([0, 1]);
    },
  );

  it('RUN_OVER is a good end, and a full run is tried again when it said', async () => {
    const over = createWorld();
    (await over.join()).tell(refusalOf('RUN_OVER'));
    expect(over.peer.view().phase).toBe('done');
    const full = createWorld();
    (await full.join()).tell(refusalOf('RUN_FULL', 5000));
    expect(full.peer.view()).toMatchObject({ phase: 'waiting', retryAtMs: 5000 });
  });

  it('REPLACED brings it back without its identity', async () => {
    const world = createWorld();
    (await world.join()).tell(refusalOf('REPLACED'));
    expect(world.secrets.identity).toBeUndefined();
    world.clock.advance(1000);
    world.line().open();
    expect(world.line().take()).toEqual([expect.not.objectContaining({ identity: expect.anything() })]);
  });

  it('counts also where only its close code arrived, also before the line was open', async () => {
    const world = createWorld();
    world.peer.start();
    await world.settle();
    world.line().cut(4303);
    expect(world.peer.view()).toMatchObject({
      phase: 'refused',
      sentence: protocolErrors.BAD_TOKEN.sentence,
    });
  });

  it('of a newer run is taken for one to come back from', async () => {
    const world = createWorld();
    (await world.join()).tell({ type: 'refuse', code: 999, name: 'NEWER', sentence: 'Something new.' });
    expect(world.peer.view()).toMatchObject({ phase: 'waiting', problem: 'Something new.' });
  });

  it('does not end a connection where it rejects one message', async () => {
    const world = createWorld();
    const line = await world.join();
    line.tell({ type: 'reject', code: 404, name: 'STALE', sentence: 'The step of this message is over.' });
    expect(world.peer.view()).toMatchObject({
      phase: 'standingBy',
      problem: 'The step of this message is over.',
    });
  });
});

describe('an offence of the run', () => {
  it('closes the connection with its code: a second welcome', async () => {
    const world = createWorld();
    const line = await world.join();
    line.tell(exampleWelcome);
    expect(line.closedWith).toBe(4401);
    expect(world.peer.view().phase).toBe('waiting');
  });

  it('a text frame and weights before the welcome do so as well', async () => {
    const texts = createWorld();
    const line = await texts.join();
    line.events.text();
    expect(line.closedWith).toBe(4109);
    const early = createWorld();
    early.peer.start();
    await early.settle();
    early.line().open();
    early.line().tell(weightsOf(0));
    expect(early.line().closedWith).toBe(4402);
  });

  it('five periods of silence do so as well', async () => {
    const silent = createWorld();
    const line = await silent.join();
    silent.clock.advance(3000);
    line.tell({ type: 'standing', nodes: 0, samples: 0 });
    silent.clock.advance(4999);
    expect(line.closedWith).toBeUndefined();
    silent.clock.advance(1);
    expect(line.closedWith).toBe(4504);
    expect(silent.peer.view()).toMatchObject({ phase: 'waiting', problem: protocolErrors.SILENT.sentence });
  });
});

it('does not listen to a connection that it has given up', async () => {
  const world = createWorld();
  const old = await world.join();
  old.events.text();
  world.clock.advance(500);
  const line = await world.join();
  old.events.closed(4306);
  old.events.message(new Uint8Array(3));
  expect([line.closedWith, world.peer.view().phase]).toEqual([undefined, 'standingBy']);
});

describe('the end', () => {
  it.each(['finished', 'failed'] as const)('of a run that is %s is the end of the worker', async (reason) => {
    const world = createWorld();
    const line = await world.join();
    line.tell({ type: 'done', reason, version: 15, digest: 'e'.repeat(64) });
    expect(world.peer.view()).toMatchObject({ phase: 'done', ended: reason, digest: 'e'.repeat(64) });
    await world.settle();
    expect([line.closedWith, world.clock.waiting(), world.engine.open]).toEqual([1000, 0, 0]);
  });

  it('of a run that stopped is not: it may go on later', async () => {
    const world = createWorld();
    (await world.join()).tell({ type: 'done', reason: 'stopped', version: 3 });
    expect(world.peer.view()).toMatchObject({ phase: 'waiting', retryAtMs: 500 });
  });

  it('comes at once where the person stops, and another start begins again', async () => {
    const world = createWorld();
    const line = await world.join();
    world.peer.stop();
    expect(line.take().at(-1)).toEqual({ type: 'bye', reason: 'user' });
    expect([line.closedWith, world.peer.view().phase]).toEqual([1000, 'stopped']);
    world.peer.start();
    world.line().open();
    expect(world.line().take()[0]).toMatchObject({ type: 'hello', identity: identityOf(1) });
  });

  it('of a drain is a return when the run said, or none', async () => {
    const back = createWorld();
    (await back.join()).tell({ type: 'drain', retryMs: 7000 });
    expect(back.line().take().at(-1)).toEqual({ type: 'bye', reason: 'finished' });
    expect(back.peer.view()).toMatchObject({ phase: 'waiting', retryAtMs: 7000 });
    const gone = createWorld();
    (await gone.join()).tell({ type: 'drain' });
    expect(gone.peer.view().phase).toBe('stopped');
  });
});
