import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { certificate, key, otherKey } from './certificate.test.support.ts';
import { hello, Raw, shape, startRig } from './server.test.support.ts';

function files(pems: { certificate: string; key: string }): { certificate: string; key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'hivegrad-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const paths = { certificate: join(directory, 'a.pem'), key: join(directory, 'a.key') };
  writeFileSync(paths.certificate, pems.certificate);
  writeFileSync(paths.key, pems.key);
  return paths;
}

it('with a certificate, the page and the socket are encrypted, and plain text is turned away', async () => {
  const { server } = await startRig({ tls: files({ certificate, key }) });
  expect(server.urls).toEqual([`https://127.0.0.1:${server.port}/`]);
  const [response] = (await once(
    get({ host: '127.0.0.1', port: server.port, path: '/healthz', ca: certificate, agent: false }),
    'response',
  )) as [IncomingMessage];
  expect(response.resume().statusCode).toBe(200);
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/socket`, ['hivegrad'], {
    ca: certificate,
    origin: `https://127.0.0.1:${server.port}`,
  });
  await once(socket, 'open');
  const plain = new Raw(server.port);
  plain.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await plain.received).toString('latin1')).not.toContain('HTTP/1.1 200');
  socket.send(encodeMessage(hello));
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(parseServerMessage(new Uint8Array(data), shape).type).toBe('welcome');
  socket.close();
  await once(socket, 'close');
});

it.each([
  ['the key of another certificate', { certificate, key: otherKey }],
  ['a file that is no certificate', { certificate: 'hello', key }],
  ['a file that is no key', { certificate, key: 'hello' }],
])('with %s it does not start', async (_what, pems) => {
  const tls = files(pems);
  await expect(startRig({ tls })).rejects.toMatchObject({
    code: 'LISTEN_CERTIFICATE',
    message: expect.stringContaining(tls.key),
  });
});
