/**
 * The Web Worker of a bench's tab: a bare socket that sends as soon as it is answered, or a worker that computes
 * nothing, as the real page has it but for the threads. It says how many round trips there were, of the bare socket,
 * whenever it is asked.
 */

import { createPeer } from '@hivegrad/shared/peer/peer';
import type { Socket } from '@hivegrad/shared/peer/ports';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import { CACHE_ID_DIGITS } from '@hivegrad/shared/protocol/limits';
import { nullCompute } from './null-compute.ts';

/** What the page asks for. */
export type TabTask =
  | { readonly kind: 'bare'; readonly url: string; readonly bytes: number }
  | { readonly kind: 'null'; readonly url: string; readonly token: string; readonly kernels: string };

/** Of a browser's socket what is used here; this package's types are those of Node. */
interface BrowserSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: () => void;
  onclose: (event: { readonly code: number }) => void;
  onmessage: (event: { readonly data: ArrayBuffer }) => void;
  send(data: Uint8Array): void;
  close(code: number): void;
}

declare const WebSocket: new (url: string, subprotocols?: readonly string[]) => BrowserSocket;
declare function postMessage(message: unknown): void;
declare function addEventListener(
  name: 'message',
  listen: (event: { readonly data: TabTask | 'trips' }) => void,
): void;

const CACHE_BYTES = 268_435_456;
let trips = 0;

addEventListener('message', ({ data }) => {
  if (data === 'trips') postMessage(trips);
  else if (data.kind === 'bare') bare(data);
  else lend(data);
});

function bare({ url, bytes }: TabTask & { kind: 'bare' }): void {
  const message = new Uint8Array(bytes);
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(message);
  socket.onmessage = () => {
    trips++;
    socket.send(message);
  };
}

function lend({ url, token, kernels }: TabTask & { kind: 'null' }): void {
  const peer = createPeer(
    {
      socket: browserSocket,
      compute: nullCompute(kernels),
      clock: {
        nowMs: () => performance.now(),
        after(ms, call) {
          const timer = setTimeout(call, ms);
          return () => clearTimeout(timer);
        },
      },
      chance: { uniform: Math.random },
      cache: createRowCache({ id: '0'.repeat(CACHE_ID_DIGITS), bytesMax: CACHE_BYTES }),
      secrets: { identity: () => undefined, keepIdentity: () => {} },
    },
    { url, token, agent: 'browser', threads: 1 },
  );
  peer.start();
}

const browserSocket: Socket = {
  open(url, subprotocols, events) {
    const socket = new WebSocket(url, subprotocols);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onclose = ({ code }) => events.closed(code);
    socket.onmessage = ({ data }) => events.message(new Uint8Array(data));
    return {
      send: (frame) => socket.send(frame),
      close: (code) => socket.close(code),
      bufferedBytes: () => socket.bufferedAmount,
    };
  },
};
