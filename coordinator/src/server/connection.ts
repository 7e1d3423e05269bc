/**
 * One socket from the upgrade to its end. In: frames of anybody; out: events for the handlers, in the order open,
 * greeted, over. It ends once: whoever ends it, `onEnd` is called once, and what comes later is dropped.
 */

import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { closeCodeOf, type ProtocolCode, ProtocolError } from '@hivegrad/shared/protocol/errors';
import { ERRORS_MAX, HELLO_BYTES_MAX, SILENT_PERIODS } from '@hivegrad/shared/protocol/limits';
import type { Hello, RunShape, ServerMessage } from '@hivegrad/shared/protocol/messages';
import { checkHello, type Expected, parseClientMessage } from '@hivegrad/shared/protocol/parse-client';
import { finalRefusalOf, refusalOf } from '@hivegrad/shared/protocol/refusals';
import type { RawData, WebSocket } from 'ws';
import type { Connection, Handlers, ServerLimits } from './ports.ts';
import { RateLimit } from './rate-limit.ts';

/** Before its hello is complete a socket may send one, with the frame around it and some pings. */
const STRANGER_BYTES_MAX = HELLO_BYTES_MAX + 4096;
const CLOSE_NORMAL = 1000;
const CLOSE_PROTOCOL = 1002;

export interface ConnectionContext {
  readonly shape: RunShape;
  readonly expected: Expected;
  readonly handlers: Handlers;
  readonly limits: ServerLimits;
  now(): number;
  /** Whether a worker that is not known yet finds no room. */
  isFull(): boolean;
  /** The hello was accepted; false where there is no room after all. */
  onGreeted(connection: SocketConnection): boolean;
  /** The end, at once, before the socket itself is closed. */
  onEnd(connection: SocketConnection, code: number): void;
  /** After the end of a connection that a handler accepted. */
  onLeft(connection: SocketConnection, code: number): void;
}

export class SocketConnection implements Connection {
  readonly id: number;
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #rate: RateLimit;
  #state: 'open' | 'greeted' | 'over' = 'open';
  #endCode = 0;
  #errors = 0;
  #strangerBytes = 0;
  #wasHeard = true;
  #silentPeriods = 0;
  #bufferedBefore = 0;

  constructor(socket: WebSocket, context: ConnectionContext, who: { id: number; address: string }) {
    this.id = who.id;
    this.address = who.address;
    this.#socket = socket;
    this.#context = context;
    this.#rate = new RateLimit(context.limits.messagesPerSecond, context.now());
    // Bodies then begin at a multiple of 8 bytes and hold on to no network buffer.
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data, isBinary) => this.#guard(() => this.#receive(data, isBinary)));
    socket.on('ping', () => this.#guard(() => this.#count()));
    socket.on('pong', () => this.#guard(() => this.#count()));
    socket.on('close', (code) => this.#end(code));
    // Without a listener a broken frame would end the process. The library itself closes the socket.
    socket.on('error', (error) => this.#end(closeCodeOfError(error)));
  }

  get isOpen(): boolean {
    return this.#state !== 'over';
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: ServerMessage): boolean {
    return this.isOpen && this.sendFrame(encodeMessage(message));
  }

  sendFrame(frame: Uint8Array<ArrayBuffer>): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.bufferedAmount + frame.length > this.#context.limits.bufferedBytesMax) {
      this.cut('TOO_SLOW');
      return false;
    }
    this.#socket.send(frame);
    return true;
  }

  uncount(): void {
    this.#rate.giveBack();
  }

  fail(error: ProtocolError): void {
    if (!this.isOpen) return;
    const message = refusalOf(error);
    this.#errors++;
    if (message.type === 'refuse') this.refuse(error);
    else if (this.#errors < ERRORS_MAX) this.send(message);
    else this.refuse(new ProtocolError('TOO_MANY_ERRORS'));
  }

  refuse(error: ProtocolError, retryMs?: number): void {
    if (!this.send(finalRefusalOf(error, retryMs))) return;
    const code = closeCodeOf(error.code);
    this.#socket.close(code, error.code);
    this.#end(code);
  }

  close(): void {
    if (!this.isOpen) return;
    this.#socket.close(CLOSE_NORMAL);
    this.#end(CLOSE_NORMAL);
  }

  /** The end at once, without a word: the other side does not read, or is not there. */
  cut(code: ProtocolCode): void {
    if (!this.isOpen) return;
    this.#end(closeCodeOf(code));
    this.#socket.terminate();
  }

  /** The socket is taken away, whatever is left to send. */
  destroy(): void {
    this.#socket.terminate();
  }

  /** Bytes came, of whatever; they are a sign of life also in the middle of a long frame. */
  heard(bytes: number): void {
    this.#wasHeard = true;
    if (this.#state !== 'open') return;
    this.#strangerBytes += bytes;
    if (this.#strangerBytes > STRANGER_BYTES_MAX) this.refuse(new ProtocolError('FRAME_TOO_LARGE'));
  }

  /** A period is over: asks for a sign of life, or gives up. Bytes that leave are one, too. */
  ping(): void {
    if (!this.isOpen) return;
    const buffered = this.#socket.bufferedAmount;
    const isAlive = this.#wasHeard || buffered < this.#bufferedBefore;
    this.#silentPeriods = isAlive ? 0 : this.#silentPeriods + 1;
    this.#wasHeard = false;
    if (this.#silentPeriods >= SILENT_PERIODS) {
      this.cut('SILENT');
      return;
    }
    this.#socket.ping();
    this.#bufferedBefore = this.#socket.bufferedAmount;
  }

  #guard(work: () => void): void {
    if (!this.isOpen) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error);
    }
  }

  #count(): void {
    if (!this.#rate.take(this.#context.now())) throw new ProtocolError('TOO_MANY_MESSAGES');
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#count();
    if (!isBinary || !(data instanceof ArrayBuffer)) throw new ProtocolError('TEXT_FRAME');
    if (this.#state === 'open' && data.byteLength > HELLO_BYTES_MAX)
      throw new ProtocolError('FRAME_TOO_LARGE');
    const message = parseClientMessage(new Uint8Array(data), this.#context.shape);
    if (this.#state === 'open') {
      if (message.type !== 'hello') throw new ProtocolError('HELLO_MISSING');
      this.#greet(message);
    } else {
      if (message.type === 'hello') throw new ProtocolError('GREETED_TWICE');
      this.#context.handlers.onMessage(this, message);
    }
  }

  #greet(hello: Hello): void {
    checkHello(hello, this.#context.expected);
    const isFull = this.#context.isFull();
    // Who shows an identity may take the place of an older connection, which the handler then ends.
    const verdict =
      isFull && hello.identity === undefined
        ? { code: 'RUN_FULL' as const }
        : this.#context.handlers.onHello(this, hello, isFull);
    if (verdict !== 'accept' && verdict.code === 'RUN_FULL') {
      this.#refuseFull();
    } else if (verdict !== 'accept') {
      this.refuse(new ProtocolError(verdict.code, verdict.detail), verdict.retryMs);
    } else if (this.isOpen) {
      this.#state = 'greeted';
      if (!this.#context.onGreeted(this)) this.#refuseFull();
    } else {
      this.#context.onLeft(this, this.#endCode);
    }
  }

  #refuseFull(): void {
    this.refuse(new ProtocolError('RUN_FULL'), this.#context.limits.retryMs);
  }

  #end(code: number): void {
    if (!this.isOpen) return;
    const wasGreeted = this.#state === 'greeted';
    this.#state = 'over';
    this.#endCode = code;
    this.#context.onEnd(this, code);
    if (wasGreeted) this.#context.onLeft(this, code);
  }
}

/** What the library found wrong in a frame; a frame beyond the limit has a code of its own. */
function closeCodeOfError(error: Error): number {
  const isTooLarge = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
  return isTooLarge ? closeCodeOf('FRAME_TOO_LARGE') : CLOSE_PROTOCOL;
}
