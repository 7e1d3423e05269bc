/**
 * What the server asks of its surroundings and what it gives them. It turns sockets into events for `Handlers` and
 * carries sends out; of training it knows the shape of the run, from which every limit follows, and nothing else.
 */

import type { ProtocolCode, ProtocolError } from '@hivegrad/shared/protocol/errors';
import type { ClientMessage, Hello, RunShape, ServerMessage } from '@hivegrad/shared/protocol/messages';
import type { Expected } from '@hivegrad/shared/protocol/parse-client';

/** Monotonic time in milliseconds; a jump of the wall clock moves nothing. */
export interface Clock {
  now(): number;
  /** Calls once after so long, unless the answer is called before. Must not keep the process alive. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** A socket of a worker. After its end every call is without effect. */
export interface Connection {
  /** Counted from 1, never used twice. */
  readonly id: number;
  /** The IP address of the other side; with a trusted proxy, the one that the proxy names. */
  readonly address: string;
  readonly isOpen: boolean;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Whether it was taken; where it is not, the reader was too slow and the connection is over. */
  send(message: ServerMessage): boolean;
  /** The same for an encoded message. The bytes are not copied and must not change; many may share them. */
  sendFrame(frame: Uint8Array<ArrayBuffer>): boolean;
  /** The message that is being handled was asked for, and does not count as one of a flood. */
  uncount(): void;
  /** Tells an error: the end of the connection where its table says so or there were too many, else `reject`. */
  fail(error: ProtocolError): void;
  /** The end, whatever the table says. */
  refuse(error: ProtocolError, retryMs?: number): void;
  /** The end without an error, as after `done` or the worker's `bye`. */
  close(): void;
}

export interface Refusal {
  readonly code: ProtocolCode;
  /** Instead of the sentence of the table. */
  readonly detail?: string;
  readonly retryMs?: number;
}

/** Called synchronously, one after another. A ProtocolError thrown by one of them goes to `Connection.fail`. */
export interface Handlers {
  /**
   * A worker of the right version, kernels and engine. The handler may send the welcome at once, and ends an older
   * connection of the same worker; where the run `isFull` there is room for nobody else. Each connection that it accepts
   * gets one `onClose`.
   */
  onHello(connection: Connection, hello: Hello, isFull: boolean): 'accept' | Refusal;
  /** The message is parsed; its body has memory of its own and begins at a multiple of 8 bytes. */
  onMessage(connection: Connection, message: Exclude<ClientMessage, Hello>): void;
  /** `code` is the WebSocket close code: 1000, 1001, 1006 for a cut line, or 4000 + the number of the protocol. */
  onClose(connection: Connection, code: number): void;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Paths of PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Origins of pages, besides the server's own, that may lend; such as `https://example.org`. */
  readonly origins: readonly string[];
  readonly token?: string;
  readonly maxWorkers: number;
  /** Whether X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustProxy: boolean;
  readonly shape: RunShape;
  readonly expected: Expected;
  readonly handlers: Handlers;
  /** Directory of the built page. */
  readonly page?: string;
  /** For /api/run and /metrics; both ask for the token where there is one. */
  status(): object;
  metrics(): Promise<string>;
  readonly clock?: Clock;
  readonly limits?: Partial<ServerLimits>;
}

export interface ServerLimits {
  /** From the first byte of a connection to the end of a request's header. */
  readonly headersTimeoutMs: number;
  /** Time between two pings. After SILENT_PERIODS of them without a sign of life a worker is gone. */
  readonly pingMs: number;
  /** Messages of one connection that nobody asked for, sustained and at once; pings count. */
  readonly messagesPerSecond: number;
  /** Sockets that have not been accepted, or are being closed. */
  readonly strangersMax: number;
  /** When a worker should come back that found no room. */
  readonly retryMs: number;
  /** What a reader may leave waiting; follows from the shape. */
  readonly bufferedBytesMax: number;
}

export interface CloseOptions {
  /** The last message to all accepted workers, such as an encoded `done`. */
  readonly frame?: Uint8Array<ArrayBuffer>;
  /** After so long sockets are cut. */
  readonly withinMs?: number;
}

export interface HiveServer {
  readonly port: number;
  /** Addresses of the page for people, the most useful one first; a token stands behind the #. */
  readonly urls: readonly string[];
  /** Accepted connections, in the order of their ids. */
  readonly connections: ReadonlySet<Connection>;
  /** How often each code has ended a connection or refused an upgrade. */
  readonly refusals: ReadonlyMap<ProtocolCode, number>;
  /** To all accepted workers; returns how many took it. The bytes are shared and must not change. */
  broadcast(frame: Uint8Array<ArrayBuffer>): number;
  /** Takes nobody new, says goodbye and resolves when no socket is left, within the bound. */
  close(options?: CloseOptions): Promise<void>;
}
