import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SocketEvents } from '@hivegrad/shared/peer/ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { createNodeSocket } from './socket.ts';

/** A server that does with each connection what a test wants, and the port that leads to it. */
async function serve(onConnection: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/socket`;
}

/** Connects, and resolves with the close code and with what came before. */
function connect(
  url: string,
  frameBytesMax: number | undefined,
  onMessage: SocketEvents['message'] = () => {},
) {
  const socket = createNodeSocket({ shown: url, frameBytesMax: () => frameBytesMax, onTrouble: () => {} });
  const lengths: number[] = [];
  const closed = new Promise<{ code: number; lengths: number[] }>((resolve) => {
    socket.open(url, ['hivegrad'], {
      opened() {},
      message(frame) {
        lengths.push(frame.length);
        onMessage(frame);
      },
      text: () => lengths.push(-1),
      closed: (code) => resolve({ code, lengths }),
    });
  });
  return { socket, closed };
}

const FRAME_TOO_LARGE = 4101;
/** Of which 2 MB are sent before anything looks at an answer. */
const huge = new Uint8Array(2_000_000);

describe('a socket', () => {
  it('tells binary frames at an address that is a multiple of 8, texts, and the code of the end', async () => {
    const url = await serve((socket) => {
      for (let bytes = 1; bytes < 20; bytes++) socket.send(new Uint8Array(bytes));
      socket.send('text');
      socket.close(4306);
    });
    const offsets = new Set<number>();
    const { closed } = connect(url, undefined, ({ byteOffset }) => offsets.add(byteOffset % 8));
    const lengths = [...Array.from({ length: 19 }, (_, i) => i + 1), -1];
    expect(await closed).toEqual({ code: 4306, lengths });
    expect([...offsets]).toEqual([0]);
  });

  it('says 1006 where the line is cut and where a close frame has no code', async () => {
    expect(await connect(await serve((socket) => socket.terminate()), undefined).closed).toMatchObject({
      code: 1006,
    });
    expect(await connect(await serve((socket) => socket.close()), undefined).closed).toMatchObject({
      code: 1006,
    });
  });

  it('takes no first message that is larger than a welcome', async () => {
    const { closed } = connect(await serve((socket) => socket.send(huge)), 2_000_000);
    expect(await closed).toEqual({ code: FRAME_TOO_LARGE, lengths: [] });
  });

  it('takes later messages as large as the run may send, and no larger', async () => {
    const greetAndSend = (socket: WebSocket) => {
      socket.send(new Uint8Array(100));
      socket.send(huge, () => socket.close(1000));
    };
    const url = await serve(greetAndSend);
    expect(await connect(url, 2_000_000).closed).toEqual({ code: 1000, lengths: [100, 2_000_000] });
    expect(await connect(url, 1_000_000).closed).toEqual({ code: FRAME_TOO_LARGE, lengths: [100] });
  });

  it('counts an endless message in small pieces as well', async () => {
    const url = await serve((socket) => {
      const piece = () => socket.send(new Uint8Array(1000), { fin: false }, (error) => error ?? piece());
      piece();
    });
    expect(await connect(url, 1_000_000).closed).toEqual({ code: FRAME_TOO_LARGE, lengths: [] });
  });
});
