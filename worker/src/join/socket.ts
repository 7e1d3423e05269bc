/**
 * The port `Socket` over the WebSocket of Node. Frames come in whole, each in a buffer of its own, so that their bodies
 * begin at a multiple of 8 bytes. Bound: what comes on a connection before its first message, or of one message after
 * it, is counted as it arrives, and more than a run may send ends the connection before it is kept.
 */

import type { Connection, Socket, SocketEvents } from '@hivegrad/shared/peer/ports';
import { closeCodeOf } from '@hivegrad/shared/protocol/errors';
import { align, FRAME_BYTES_MAX, LENGTH_BYTES, SERVER_HEADER } from '@hivegrad/shared/protocol/limits';
import { WebSocket } from 'ws';
import type { Trouble } from './trouble.ts';
import { troubleOfError, troubleOfStatus } from './trouble.ts';

/** The first message of a run is a welcome or a refusal, which have no body. */
const WELCOME_BYTES_MAX = align(LENGTH_BYTES + SERVER_HEADER.headerBytesMax);
/** Bytes that may have come along with a frame: the rest of what was read at once, and pings. */
const SLACK_BYTES = 262_144;
/** From our goodbye until the line is cut if the other side says nothing. */
const CLOSE_TIMEOUT_MS = 2000;
const NO_CODE = 1006;
/** What a library reports where a close frame held no code; it never travels. */
const EMPTY_CLOSE_FRAME = 1005;

export interface NodeSocketOptions {
  /** Host and port, for sentences. */
  readonly shown: string;
  /** Largest frame of the run that was told last, or undefined before. */
  readonly frameBytesMax: () => number | undefined;
  /** Told before `closed` why a connection did not come about. */
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface NodeSocket extends Socket {
  /** Resolves when no connection is left; cuts those that do not end by themselves. */
  ended(): Promise<void>;
}

export function createNodeSocket({ shown, frameBytesMax, onTrouble }: NodeSocketOptions): NodeSocket {
  const open = new Map<WebSocket, Promise<void>>();

  const connect = (url: string, subprotocols: readonly string[], events: SocketEvents): Connection => {
    const socket = new WebSocket(url, [...subprotocols], {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
    });
    socket.binaryType = 'arraybuffer';
    let refusal: number | undefined;
    /** Whether what goes wrong is no reason any more why there is no connection. */
    let isSettled = false;
    let patience: ReturnType<typeof setTimeout> | undefined;
    const cut = (code: number): void => {
      refusal = code;
      socket.terminate();
    };
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      const known = upgradeRefusals[statusCode];
      if (known === undefined) onTrouble(troubleOfStatus(statusCode, shown));
      cut(known ?? NO_CODE);
    });
    // Without a listener an error would end the process; what follows it is `close`.
    socket.on('error', (error) => {
      if (!isSettled && refusal === undefined) onTrouble(troubleOfError(error, shown));
    });
    const count = countBytes(frameBytesMax, () => cut(closeCodeOf('FRAME_TOO_LARGE')));
    socket.on('upgrade', ({ socket: line }) => {
      // Behind the listener of the library, which by then has told of every frame that ended in these bytes.
      socket.once('open', () => line.on('data', (chunk: Buffer) => count.came(chunk.length)));
    });
    socket.on('open', () => {
      isSettled = true;
      events.opened();
    });
    socket.on('message', (data, isBinary) => {
      if (refusal !== undefined) return;
      if (isBinary && data instanceof ArrayBuffer) events.message(new Uint8Array(data));
      else events.text();
      count.message();
    });
    open.set(
      socket,
      new Promise((resolve) => {
        socket.on('close', (code) => {
          clearTimeout(patience);
          open.delete(socket);
          resolve();
          events.closed(refusal ?? (code === EMPTY_CLOSE_FRAME ? NO_CODE : code));
        });
      }),
    );
    return {
      send: (frame) => socket.send(frame, { compress: false }),
      close(code) {
        isSettled = true;
        socket.close(code);
        patience = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      },
      bufferedBytes: () => socket.bufferedAmount,
    };
  };

  return {
    open: connect,
    async ended() {
      await Promise.all(open.values());
    },
  };
}

/** Codes of the protocol that stand for the answer to an upgrade. */
const upgradeRefusals: Readonly<Record<number, number>> = {
  401: closeCodeOf('BAD_TOKEN'),
  403: closeCodeOf('BAD_ORIGIN'),
};

/** Counts what came since the last message and calls once where that is more than the largest message. */
function countBytes(frameBytesMax: () => number | undefined, tooMany: () => void) {
  let bytes = 0;
  let isFirst = true;
  return {
    message(): void {
      bytes = 0;
      isFirst = false;
    },
    came(more: number): void {
      const limit = (isFirst ? undefined : frameBytesMax()) ?? WELCOME_BYTES_MAX;
      const before = bytes;
      bytes += more;
      if (before <= limit + SLACK_BYTES && bytes > limit + SLACK_BYTES) tooMany();
    },
  };
}
