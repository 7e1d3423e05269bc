import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createWebServer, listen } from './listen.ts';

/** More than the buffers of the operating system take. */
const ANSWER_BYTES = 67_108_864;

it('Whoever asks for much and reads nothing of it is cut off', async () => {
  const server = await createWebServer({ headersTimeoutMs: 5000, stillTimeoutMs: 50, socketsMax: 1 });
  server.on('request', (_, response) => response.end(Buffer.alloc(ANSWER_BYTES)));
  const port = await listen(server, '127.0.0.1', 0);
  const reader = connect(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    reader.destroy();
    server.close();
  });
  const connected = once(server, 'connection');
  reader.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [socket] = (await connected) as [Socket];
  await once(socket, 'close');
  expect(socket.bytesWritten).toBeGreaterThan(0);
  expect(socket.writableFinished).toBe(false);
});
