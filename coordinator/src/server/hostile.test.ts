import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { HELLO_BYTES_MAX } from '@hivegrad/shared/protocol/limits';
import { describe, expect, it } from 'vitest';
import {
  Client,
  closeCodeIn,
  hello,
  isServed,
  maskedFrame,
  Raw,
  type Rig,
  shape,
  startRig,
} from './server.test.support.ts';

/** Runs an attack beside an honest worker, who is served before and after it. */
async function besideHonest(rig: Rig, attack: (port: number) => Promise<void>): Promise<void> {
  const honest = new Client(rig.server.port);
  await honest.greet();
  expect(await isServed(rig, honest)).toBe(true);
  await attack(rig.server.port);
  expect(await isServed(rig, honest)).toBe(true);
}

const unmasked = Buffer.from([0x82, 0x01, 0x00]);
const badText = maskedFrame(0x81, Buffer.from([0xc3, 0x28]));
const fragments = Buffer.concat([
  maskedFrame(0x02, Buffer.alloc(0)),
  ...Array<Buffer>(200).fill(maskedFrame(0, Buffer.alloc(0))),
]);

describe.each([
  ['that has said hello', true],
  ['that has said nothing', false],
])('a socket %s', (_who, isGreeted) => {
  it.each([
    ['an unmasked frame', unmasked, 1002],
    ['a reserved opcode', maskedFrame(0x83, Buffer.alloc(1)), 1002],
    ['a reserved bit', maskedFrame(0xc2, Buffer.alloc(1)), 1002],
    ['a text frame of bad UTF-8', badText, 1007],
    ['a text frame', maskedFrame(0x81, Buffer.from('{}')), 4109],
    ['a frame that claims 2 GiB', maskedFrame(0x82, Buffer.alloc(8), 2 ** 31), 1009],
    ['a frame that claims 2^63 bytes', maskedFrame(0x82, Buffer.alloc(8), 2 ** 53), 1009],
    ['200 empty fragments', fragments, 1008],
    ['a long ping', maskedFrame(0x89, Buffer.alloc(126)), 1002],
    ['bytes that are no message', maskedFrame(0x82, Buffer.from('GET / HTTP/1.1\r\n')), 4102],
    ['a header that claims 4 GiB', maskedFrame(0x82, Buffer.alloc(16, 0xff)), 4102],
  ])('is closed for %s', async (_what, bytes, code) => {
    const rig = await startRig();
    await besideHonest(rig, async (port) => {
      const raw = new Raw(port);
      await raw.upgrade(isGreeted);
      raw.socket.write(bytes);
      if (isGreeted) await rig.closed.take();
      // It does not answer the closing handshake, and is cut after a while.
      await new Promise<void>((resolve) => raw.socket.once('data', () => resolve()));
      rig.clock.advance(2000);
      expect(closeCodeIn(await raw.received)).toBe(code);
    });
  });
});

describe('a stranger', () => {
  it('that sends half a frame and nothing more is closed at the deadline', async () => {
    const rig = await startRig();
    await besideHonest(rig, async (port) => {
      const raw = new Raw(port);
      await raw.upgrade(false);
      const frame = maskedFrame(0x82, encodeMessage(hello));
      raw.socket.write(frame.subarray(0, 40));
      rig.clock.advance(9999);
      expect(rig.server.refusals.size).toBe(0);
      rig.clock.advance(1);
      expect(rig.server.refusals.get('HELLO_TIMEOUT')).toBe(1);
      rig.clock.advance(2000);
      expect((await raw.received).includes('HELLO_TIMEOUT')).toBe(true);
    });
  });

  it('may not send as much as an accepted worker', async () => {
    const rig = await startRig({ shape: { ...shape, parameters: 1_000_000 } });
    const raw = new Raw(rig.server.port);
    await raw.upgrade(false);
    // A whole gradient is claimed and only its beginning sent: nobody waits for the rest.
    raw.socket.write(maskedFrame(0x82, Buffer.alloc(HELLO_BYTES_MAX + 5000), 4_000_000));
    await new Promise<void>((resolve) => raw.socket.once('data', () => resolve()));
    expect(rig.server.refusals.get('FRAME_TOO_LARGE')).toBe(1);
    rig.clock.advance(2000);
    expect(closeCodeIn(await raw.received)).toBe(4101);
  });
});

describe('on the plain port', () => {
  it.each([
    ['the bytes of TLS', Buffer.from('16030100a5010000a10303', 'hex'), /^HTTP\/1\.1 400 /],
    ['a header of 64 KB', `GET / HTTP/1.1\r\nA: ${'x'.repeat(65_536)}\r\n\r\n`, /^(HTTP\/1\.1 431 |$)/],
    ['3,000 headers', `GET / HTTP/1.1\r\n${'Abc: d\r\n'.repeat(3000)}\r\n`, /^(HTTP\/1\.1 431 |$)/],
    ['a path of 64 KB', `GET /${'x'.repeat(65_536)} HTTP/1.1\r\n\r\n`, /^(HTTP\/1\.1 431 |$)/],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n', /^$/],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ])('%s end the connection', async (_what, bytes, answer) => {
    const rig = await startRig();
    await besideHonest(rig, async (port) => {
      const raw = new Raw(port);
      raw.socket.write(bytes);
      expect((await raw.received).toString()).toMatch(answer);
    });
  });

  it('a request that comes byte by byte ends at the time limit', async () => {
    const rig = await startRig({ limits: { headersTimeoutMs: 50 } });
    await besideHonest(rig, async (port) => {
      const slow = new Raw(port);
      slow.socket.write('GET / HTT');
      const mute = new Raw(port);
      expect((await slow.received).toString()).toMatch(/^HTTP\/1\.1 408 /);
      await mute.received;
    });
  });

  it('a flood of connections leaves nothing behind', async () => {
    const rig = await startRig({ maxWorkers: 1, limits: { strangersMax: 8 } });
    await besideHonest(rig, async (port) => {
      const flood = Array.from({ length: 100 }, () => new Client(port));
      const statuses = await Promise.all(flood.map((client) => client.status()));
      expect(statuses.filter((status) => status === 101)).toHaveLength(8);
      expect(statuses.filter((status) => status === 503)).toHaveLength(92);
      const open = flood.filter((_, i) => statuses[i] === 101);
      for (const client of open) client.send(hello);
      for (const client of open) expect(await client.inbox.take()).toMatchObject({ name: 'RUN_FULL' });
      await Promise.all(open.map((client) => client.closeCode));
      expect(rig.server.connections.size).toBe(1);
    });
  });
});
