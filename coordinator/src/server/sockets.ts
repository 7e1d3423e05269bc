/**
 * All sockets of a run: upgrades are admitted or refused while they are still HTTP, the accepted ones are pinged and
 * broadcast to. Bounds: `maxWorkers` accepted sockets, `strangersMax` others, and for each a frame of the largest
 * size that comes in and `bufferedBytesMax` that go out.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { codeOfClose, type ProtocolCode, ProtocolError } from '@hivegrad/shared/protocol/errors';
import { clientFrameBytesMax, HELLO_DEADLINE_MS } from '@hivegrad/shared/protocol/limits';
import type { RunShape } from '@hivegrad/shared/protocol/messages';
import { readOffer, SUBPROTOCOL } from '@hivegrad/shared/protocol/upgrade';
import { type ServerOptions as SocketOptions, type WebSocket, WebSocketServer } from 'ws';
import { type AdmissionRules, addressOf, whyNotAdmitted } from './admission.ts';
import { answerRaw } from './answers.ts';
import { type ConnectionContext, SocketConnection } from './connection.ts';
import type { Clock, CloseOptions, Handlers, ServerLimits } from './ports.ts';

/** Where workers knock; the page is at the same address. */
export const SOCKET_PATH = '/socket';

/** From the end of a connection to that of its socket, if the other side does not close. */
const CLOSE_TIMEOUT_MS = 2000;
const CLOSE_WITHIN_MS = 2000;

export interface SocketsOptions {
  readonly rules: AdmissionRules;
  readonly shape: RunShape;
  readonly expected: ConnectionContext['expected'];
  readonly handlers: Handlers;
  readonly maxWorkers: number;
  readonly clock: Clock;
  readonly limits: ServerLimits;
}

/**
 * Limits of the frames that come in. Browsers cut long messages in pieces of some kilobytes, so how many pieces are
 * too many follows from the length, too.
 */
function frameLimits(shape: RunShape): SocketOptions {
  const maxPayload = clientFrameBytesMax(shape);
  return {
    maxPayload,
    maxFragments: 64 + Math.ceil(maxPayload / 4096),
    maxBufferedChunks: 1024 + Math.ceil(maxPayload / 256),
    perMessageDeflate: false,
  };
}

export class Sockets {
  readonly greeted = new Set<SocketConnection>();
  readonly refusals = new Map<ProtocolCode, number>();
  readonly #options: SocketsOptions;
  readonly #server: WebSocketServer;
  readonly #context: ConnectionContext;
  /** Every socket, with its connection, until the socket is closed. */
  readonly #all = new Map<WebSocket, SocketConnection>();
  #ids = 0;
  #isClosing = false;
  #cancelPing: () => void;
  #onEmpty: () => void = () => {};

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      handleProtocols: () => SUBPROTOCOL,
      ...frameLimits(options.shape),
    });
    this.#context = this.#contextOf(options);
    this.#cancelPing = this.#pingLater();
  }

  /** The listener of `upgrade`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A socket that breaks here has nobody who cares; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = this.#whyNotUpgraded(request);
    if (refusal !== undefined) answerRaw(socket, refusal);
    else this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, request));
  }

  broadcast(frame: Uint8Array<ArrayBuffer>): number {
    let taken = 0;
    for (const connection of this.greeted) if (connection.sendFrame(frame)) taken++;
    return taken;
  }

  /** Says goodbye to all and resolves when the last socket is closed, or has been cut. */
  close({ frame, withinMs = CLOSE_WITHIN_MS }: CloseOptions): Promise<void> {
    this.#isClosing = true;
    this.#cancelPing();
    for (const connection of this.#all.values()) {
      if (!this.greeted.has(connection)) {
        connection.refuse(new ProtocolError('STOPPING'), this.#options.limits.retryMs);
        continue;
      }
      if (frame !== undefined) connection.sendFrame(frame);
      connection.close();
    }
    const closed = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    if (this.#all.size === 0) this.#onEmpty();
    const cancel = this.#options.clock.after(withinMs, () => {
      for (const connection of this.#all.values()) connection.destroy();
    });
    return closed.finally(cancel);
  }

  #whyNotUpgraded(request: IncomingMessage): Parameters<typeof answerRaw>[1] | undefined {
    const { rules, limits } = this.#options;
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== SOCKET_PATH) return { status: 404, sentence: `Workers connect at ${SOCKET_PATH}.` };
    if (!readOffer(request.headers['sec-websocket-protocol']).isOurs) {
      return { status: 400, sentence: `The subprotocol has to be ${SUBPROTOCOL}.` };
    }
    const code = whyNotAdmitted(request.headers, rules);
    if (code !== undefined) {
      this.#countRefusal(code);
      return code === 'BAD_ORIGIN'
        ? {
            status: 403,
            sentence: 'Pages of this origin may not take part. Whoever runs it can allow it with --origin.',
          }
        : { status: 401, sentence: 'The token is wrong or missing. Ask whoever runs the training for it.' };
    }
    const isCrowded = this.#all.size - this.greeted.size >= limits.strangersMax;
    if (!this.#isClosing && !isCrowded) return undefined;
    const retryAfter = Math.ceil(limits.retryMs / 1000);
    return { status: 503, sentence: 'There is no room for another connection now.', retryAfter };
  }

  #open(webSocket: WebSocket, request: IncomingMessage): void {
    const { clock, rules } = this.#options;
    const address = addressOf(request.headers, request.socket.remoteAddress, rules.trustProxy);
    const connection = new SocketConnection(webSocket, this.#context, { id: ++this.#ids, address });
    this.#all.set(webSocket, connection);
    request.socket.on('data', (chunk: Buffer) => connection.heard(chunk.length));
    const cancel = clock.after(HELLO_DEADLINE_MS, () => {
      if (!this.greeted.has(connection)) connection.refuse(new ProtocolError('HELLO_TIMEOUT'));
    });
    webSocket.on('close', () => {
      cancel();
      this.#all.delete(webSocket);
      if (this.#all.size === 0) this.#onEmpty();
    });
  }

  #contextOf({ shape, expected, handlers, limits, clock, maxWorkers }: SocketsOptions): ConnectionContext {
    return {
      shape,
      expected,
      handlers,
      limits,
      now: () => clock.now(),
      isFull: () => this.greeted.size >= maxWorkers,
      onGreeted: (connection) => {
        if (this.greeted.size >= maxWorkers) return false;
        this.greeted.add(connection);
        return true;
      },
      onEnd: (connection, code) => {
        this.greeted.delete(connection);
        const known = codeOfClose(code);
        if (known !== undefined) this.#countRefusal(known);
        clock.after(CLOSE_TIMEOUT_MS, () => connection.destroy());
      },
      // Not at once: the handler itself may be the one that ends the connection, in the middle of its work.
      onLeft: (connection, code) => queueMicrotask(() => handlers.onClose(connection, code)),
    };
  }

  #pingLater(): () => void {
    return this.#options.clock.after(this.#options.limits.pingMs, () => {
      for (const connection of this.greeted) connection.ping();
      this.#cancelPing = this.#pingLater();
    });
  }

  #countRefusal(code: ProtocolCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}
