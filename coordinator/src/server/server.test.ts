import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { ProtocolError } from '@hivegrad/shared/protocol/errors';
import { bufferedBytesMax } from '@hivegrad/shared/protocol/limits';
import { describe, expect, it } from 'vitest';
import type { Connection } from './ports.ts';
import { Client, Inbox, isServed, ManualClock, shape, startRig, welcome } from './server.test.support.ts';

const body = new Uint8Array(32).map((_, i) => i);

describe('a worker', () => {
  it('says hello, is welcomed, gets a node and sends its result', async () => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    expect(await client.greet()).toEqual(welcome);
    expect(client.socket.protocol).toBe('hivegrad');
    expect([...rig.server.connections].map(({ id, address }) => [id, address])).toEqual([[1, '127.0.0.1']]);
    const node = { step: 2, level: 0, index: 0 };
    const assign = {
      type: 'assign',
      ...node,
      version: 2,
      leaseMs: 0,
      rows: 0,
      body: new Uint8Array(),
    } as const;
    expect([...rig.server.connections][0]!.send(assign)).toBe(true);
    expect(await client.inbox.take()).toMatchObject({ type: 'assign', step: 2 });
    client.send({ type: 'result', ...node, lossBits: 0x3f800000, correct: 2, computeUs: 5, body });
    const { message } = await rig.messages.take();
    expect(message).toMatchObject({ type: 'result', ...node, lossBits: 0x3f800000, correct: 2 });
    if (message.type !== 'result') throw new Error('not a result');
    expect(message.body).toEqual(body);
    expect(message.body.byteOffset % 8).toBe(0);
    // The memory behind it is that of this message alone.
    expect(message.body.buffer.byteLength).toBeLessThan(200);
    client.send({ type: 'bye', reason: 'user' });
    expect((await rig.messages.take()).message).toEqual({ type: 'bye', reason: 'user' });
    client.socket.close(1000);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 1000 });
    expect(rig.server.connections.size).toBe(0);
  });

  it('that is cut off is reported as gone', async () => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    await client.greet();
    client.socket.terminate();
    expect(await rig.closed.take()).toEqual({ id: 1, code: 1006 });
  });

  it('gets a broadcast whose bytes are shared with all others', async () => {
    const rig = await startRig();
    const clients = [1, 2, 3].map(() => new Client(rig.server.port));
    await Promise.all(clients.map((client) => client.greet()));
    expect(rig.server.broadcast(encodeMessage({ type: 'weights', version: 3, body }))).toBe(3);
    for (const client of clients) {
      expect(await client.inbox.take()).toMatchObject({ type: 'weights', version: 3, body });
    }
  });

  it('hears of its errors and is sent away after eight', async () => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    const other = new Client(rig.server.port);
    await client.greet();
    await other.greet();
    for (let i = 0; i < 8; i++) client.send({ type: 'notFinite', step: 0, level: 9, index: 0 });
    for (let i = 0; i < 7; i++) {
      expect(await client.inbox.take()).toMatchObject({ type: 'reject', name: 'NO_SUCH_NODE' });
    }
    expect(await client.inbox.take()).toMatchObject({ type: 'refuse', name: 'TOO_MANY_ERRORS' });
    expect(await client.closeCode).toBe(4503);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 4503 });
    expect(rig.messages.size).toBe(0);
    expect(await isServed(rig, other)).toBe(true);
  });

  it('that came back takes the place of its older connection', async () => {
    const known: Connection[] = [];
    const rig = await startRig({
      maxWorkers: 1,
      handlers: {
        onHello: (connection, { identity }) => {
          if (identity !== undefined) known.shift()?.refuse(new ProtocolError('REPLACED'));
          known.push(connection);
          connection.send(welcome);
          return 'accept';
        },
      },
    });
    const first = new Client(rig.server.port);
    await first.greet();
    const second = new Client(rig.server.port);
    await second.greet({ identity: '12'.repeat(32) });
    expect(await first.closeCode).toBe(4307);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 4307 });
    expect([...rig.server.connections].map(({ id }) => id)).toEqual([2]);
    expect(await isServed(rig, second)).toBe(true);
  });
});

describe('a worker that is silent', () => {
  it('is pinged and stays while it answers', async () => {
    const rig = await startRig({ limits: { pingMs: 1000 } });
    const client = new Client(rig.server.port);
    await client.greet();
    for (let period = 0; period < 12; period++) {
      const pinged = new Promise((resolve) => client.socket.once('ping', resolve));
      rig.clock.advance(1000);
      await pinged;
      // The pong is in front of the result.
      expect(await isServed(rig, client)).toBe(true);
    }
    expect(rig.closed.size).toBe(0);
  });

  it('for five periods is taken for gone', async () => {
    const rig = await startRig({ limits: { pingMs: 1000 } });
    const client = new Client(rig.server.port);
    await client.greet();
    client.socket.pause();
    rig.clock.advance(5000);
    expect(rig.closed.size).toBe(0);
    rig.clock.advance(1000);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 4504 });
    expect(rig.server.connections.size).toBe(0);
  });
});

describe('closing', () => {
  it('tells accepted workers the last message and strangers that the run stops', async () => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    await client.greet();
    const stranger = new Client(rig.server.port);
    expect(await stranger.status()).toBe(101);
    const frame = encodeMessage({ type: 'done', reason: 'stopped', version: 7 });
    const closed = rig.server.close({ frame });
    expect(await client.inbox.take()).toEqual({ type: 'done', reason: 'stopped', version: 7 });
    expect(await client.closeCode).toBe(1000);
    expect(await stranger.closeCode).toBe(4505);
    await closed;
    expect(await rig.closed.take()).toEqual({ id: 1, code: 1000 });
    await expect(fetch(`http://127.0.0.1:${rig.server.port}/healthz`)).rejects.toThrow();
  });

  it('cuts whoever does not close within the bound', async () => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    await client.greet();
    client.socket.pause();
    const closed = rig.server.close({ withinMs: 500 });
    rig.clock.advance(500);
    await closed;
    expect(await rig.closed.take()).toEqual({ id: 1, code: 1000 });
  });
});

describe('a reader that is too slow', () => {
  it('keeps no copy of a broadcast', async () => {
    const rig = await startRig({ shape: { ...shape, parameters: 2_000_000 } });
    const clients = [1, 2, 3, 4].map(() => new Client(rig.server.port));
    for (const client of clients) {
      await client.greet();
      client.socket.pause();
    }
    const frame = encodeMessage({ type: 'weights', version: 1, body: new Uint8Array(8_000_000) });
    const before = process.memoryUsage().arrayBuffers;
    expect(rig.server.broadcast(frame)).toBe(4);
    for (const { bufferedBytes } of rig.server.connections) expect(bufferedBytes).toBeGreaterThan(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it('is cut off at the cap, and the others get everything', async () => {
    const rig = await startRig({ shape: { ...shape, parameters: 2_000_000 } });
    const slow = new Client(rig.server.port);
    await slow.greet();
    slow.socket.pause();
    const [connection] = rig.server.connections;
    const frame = encodeMessage({ type: 'weights', version: 1, body: new Uint8Array(8_000_000) });
    const cap = bufferedBytesMax({ ...shape, parameters: 2_000_000 });
    let largest = 0;
    // The operating system takes some; the rest waits here until the cap.
    for (let i = 0; i < 50 && connection!.sendFrame(frame); i++) {
      largest = Math.max(largest, connection!.bufferedBytes);
    }
    expect(connection!.isOpen).toBe(false);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(cap);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 4501 });
    expect(rig.server.refusals.get('TOO_SLOW')).toBe(1);
    expect(rig.server.broadcast(frame)).toBe(0);
  });
});

describe('a flood of messages', () => {
  it('ends at the rate, which time restores', async () => {
    const rig = await startRig({ limits: { messagesPerSecond: 10 } });
    const client = new Client(rig.server.port);
    await client.greet();
    for (let i = 0; i < 9; i++) client.send({ type: 'resume', threads: 1 });
    for (let i = 0; i < 9; i++) await rig.messages.take();
    rig.clock.advance(500);
    for (let i = 0; i < 6; i++) client.send({ type: 'resume', threads: 1 });
    for (let i = 0; i < 5; i++) await rig.messages.take();
    expect(await client.closeCode).toBe(4502);
    expect(rig.messages.size).toBe(0);
    expect(await rig.closed.take()).toEqual({ id: 1, code: 4502 });
  });

  it('is none where they were asked for, however many they are', async () => {
    const messages = new Inbox<Connection>();
    const onMessage = (connection: Connection) => {
      connection.uncount();
      messages.put(connection);
    };
    const rig = await startRig({ limits: { messagesPerSecond: 10 }, handlers: { onMessage } });
    const client = new Client(rig.server.port);
    await client.greet();
    for (let i = 0; i < 50; i++) client.send({ type: 'resume', threads: 1 });
    for (let i = 0; i < 50; i++) expect((await messages.take()).isOpen).toBe(true);
  });
});

it('time of tests moves timers in their order', () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  clock.after(20, () => seen.push(clock.now()));
  clock.after(10, () => seen.push(clock.now()));
  clock.after(15, () => seen.push(-1))();
  clock.advance(30);
  expect(seen).toEqual([10, 20]);
});
