/** The port `Socket` over the browser's WebSocket. A refused upgrade looks to a page like a host that is not there. */

import type { Socket } from '@hivegrad/shared/peer/ports';

/** What a close event has where the line was cut. */
const CUT = 1006;

export const browserSocket: Socket = {
  open(url, subprotocols, events) {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [...subprotocols]);
    } catch {
      // A policy of the page or of an extension forbids it; the machine tries again with back-off.
      queueMicrotask(() => events.closed(CUT));
      return { send: () => {}, close: () => {}, bufferedBytes: () => 0 };
    }
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => events.opened());
    socket.addEventListener('close', ({ code }) => events.closed(code));
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') events.text();
      else events.message(new Uint8Array(data));
    });
    return {
      send: (frame) => socket.send(frame),
      close: (code) => socket.close(code),
      bufferedBytes: () => socket.bufferedAmount,
    };
  },
};
