import { describe, expect, it } from 'vitest';
import { Client, hello, Inbox, isServed, Raw, startRig } from './server.test.support.ts';

const token = 'a-Token.with~43_characters';

describe('before the upgrade', () => {
  it('pages of other origins are refused, those of the run and of the list are not', async () => {
    const rig = await startRig({ origins: ['https://example.org'] });
    const { port } = rig.server;
    const statusOf = (origin: string) => new Client(port, { origin }).status();
    expect(await statusOf(`http://127.0.0.1:${port}`)).toBe(101);
    expect(await statusOf('https://example.org')).toBe(101);
    for (const origin of [
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1',
      `http://127.0.0.1:${port}.example.com`,
      `http://127.0.0.1:${port}@example.com`,
      `http://localhost:${port}`,
      'https://example.org.evil.net',
      'https://evil-example.org',
      'https://example.org:444',
      'http://example.org',
      'null',
    ]) {
      expect([origin, await statusOf(origin)]).toEqual([origin, 403]);
    }
    expect(rig.server.refusals.get('BAD_ORIGIN')).toBe(10);
    expect(rig.server.connections.size).toBe(0);
  });

  it('a wrong or missing token is refused', async () => {
    const rig = await startRig({ token });
    const { port } = rig.server;
    for (const wrong of [undefined, 'a', `${token}x`, token.slice(1), token.toUpperCase()]) {
      expect(await new Client(port, wrong === undefined ? {} : { token: wrong }).status()).toBe(401);
    }
    const client = new Client(port, { token });
    expect(await client.greet()).toMatchObject({ type: 'welcome' });
    // The server never says the token.
    expect(client.socket.protocol).toBe('hivegrad');
    expect(rig.server.refusals.get('BAD_TOKEN')).toBe(5);
    expect(rig.server.urls).toEqual([`http://127.0.0.1:${port}/#token=${token}`]);
  });

  it('another path and another subprotocol are refused', async () => {
    const rig = await startRig();
    const { port } = rig.server;
    const ask = async (path: string, protocol: string): Promise<string> => {
      const raw = new Raw(port);
      raw.socket.write(
        `GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Version: 13\r\n${protocol}\r\n`,
      );
      return (await raw.received).toString();
    };
    expect(await ask('/', 'Sec-WebSocket-Protocol: hivegrad\r\n')).toMatch(/^HTTP\/1\.1 404 .*\/socket/s);
    expect(await ask('/socket', '')).toMatch(/^HTTP\/1\.1 400 .*subprotocol/s);
    expect(await ask('/socket?a=b', 'Sec-WebSocket-Protocol: hivegrad2\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('there is room for so many strangers only, and workers are served all the same', async () => {
    const rig = await startRig({ limits: { strangersMax: 3 } });
    const client = new Client(rig.server.port);
    await client.greet();
    const strangers = [1, 2, 3].map(() => new Client(rig.server.port));
    expect(await Promise.all(strangers.map((stranger) => stranger.status()))).toEqual([101, 101, 101]);
    expect(await new Client(rig.server.port).status()).toBe(503);
    expect(await isServed(rig, client)).toBe(true);
    rig.clock.advance(10_000);
    expect(await Promise.all(strangers.map((stranger) => stranger.closeCode))).toEqual([4500, 4500, 4500]);
    expect(await isServed(rig, client)).toBe(true);
    expect(await new Client(rig.server.port).status()).toBe(101);
  });
});

describe('a hello', () => {
  it.each([
    ['of another version', { protocol: 2 }, 'OTHER_PROTOCOL', 4300],
    ['of other kernels', { kernels: '00'.repeat(32) }, 'OTHER_KERNELS', 4301],
    ['of an engine with another answer', { answer: '00'.repeat(32) }, 'ENGINE_NOT_EXACT', 4302],
    ['with a name that cannot be shown', { name: 'a\0b' }, 'BAD_TEXT', 4206],
    ['with more threads than there can be', { threads: 4096 }, 'OUT_OF_RANGE', 4205],
  ])('%s is refused', async (_what, more, name, code) => {
    const rig = await startRig();
    const client = new Client(rig.server.port);
    expect(await client.greet(more)).toMatchObject({ type: 'refuse', name });
    expect(await client.closeCode).toBe(code);
    expect(rig.closed.size).toBe(0);
    expect(rig.server.refusals).toEqual(new Map([[name, 1]]));
  });

  it('is the first message and comes once', async () => {
    const rig = await startRig();
    const early = new Client(rig.server.port);
    expect(await early.status()).toBe(101);
    early.send({ type: 'resume', threads: 1 });
    expect(await early.inbox.take()).toMatchObject({ type: 'refuse', name: 'HELLO_MISSING' });
    const twice = new Client(rig.server.port);
    await twice.greet();
    twice.send(hello);
    expect(await twice.inbox.take()).toMatchObject({ type: 'refuse', name: 'GREETED_TWICE' });
    expect(await rig.closed.take()).toEqual({ id: 2, code: 4401 });
    expect(rig.messages.size).toBe(0);
  });

  it('that a handler refuses is answered with its code, its sentence and when to come back', async () => {
    const refusal = { code: 'BANNED', detail: 'Not again.', retryMs: 5 } as const;
    const rig = await startRig({ handlers: { onHello: () => refusal } });
    const client = new Client(rig.server.port);
    expect(await client.greet()).toMatchObject({ name: 'BANNED', sentence: 'Not again.', retryMs: 5 });
    expect(await client.closeCode).toBe(4306);
    expect(rig.closed.size).toBe(0);
  });

  it('finds no room where all places are taken, and is told when to come back', async () => {
    const rig = await startRig({ maxWorkers: 2, limits: { retryMs: 1234 } });
    const { port } = rig.server;
    const workers = [new Client(port), new Client(port)];
    for (const worker of workers) await worker.greet();
    const late = Array.from({ length: 20 }, () => new Client(port));
    for (const client of late) {
      expect(await client.greet()).toMatchObject({ type: 'refuse', name: 'RUN_FULL', retryMs: 1234 });
      expect(await client.closeCode).toBe(4305);
    }
    // Nor does an identity make room, where it replaces nobody; its handler hears that it is gone.
    const claiming = new Client(port);
    await claiming.greet({ identity: '77'.repeat(32) });
    expect(await claiming.closeCode).toBe(4305);
    expect(await rig.closed.take()).toEqual({ id: 23, code: 4305 });
    for (const worker of workers) expect(await isServed(rig, worker)).toBe(true);
    workers[0]!.socket.close();
    await rig.closed.take();
    expect(await new Client(port).greet()).toMatchObject({ type: 'welcome' });
  });

  it('whose connection its handler ends while it accepts is reported as gone', async () => {
    const seen = new Inbox<number>();
    const rig = await startRig({
      handlers: {
        onHello: (connection) => {
          connection.close();
          return 'accept';
        },
        onClose: (_connection, code) => seen.put(code),
      },
    });
    const client = new Client(rig.server.port);
    client.socket.on('open', () => client.send(hello));
    expect(await seen.take()).toBe(1000);
    expect(await client.closeCode).toBe(1000);
    expect(rig.server.connections.size).toBe(0);
    expect(seen.size).toBe(0);
  });
});
