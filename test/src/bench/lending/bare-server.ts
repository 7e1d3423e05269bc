/** A process with a bare WebSocket server that answers each message with as many bytes: the fastest that a run could be. */

import { bareLibrary } from './coordinators-ws.ts';
import { serveLines, taskOf } from './lines.ts';

export interface BareServerTask {
  /** Of an answer. */
  readonly bytes: number;
}

export interface BareServerReady {
  readonly url: string;
}

const { bytes } = taskOf<BareServerTask>();
const answer = new Uint8Array(bytes);
const server = new bareLibrary.WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', () => socket.send(answer));
  // A page that is closed may cut its line.
  socket.on('error', () => {});
});
await new Promise<void>((resolve) => server.on('listening', resolve));
await serveLines({ url: `ws://127.0.0.1:${server.address().port}/` }, () => ({}));
