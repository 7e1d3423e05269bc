/** Answers over HTTP: a status, one sentence for people, and headers that allow a page nothing but its own files. */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Answer {
  readonly status: number;
  readonly sentence: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Methods that are allowed. */
  readonly allow?: string;
}

/** Shared memory needs the two cross-origin headers; kernels need 'wasm-unsafe-eval'; nothing comes from elsewhere. */
const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export interface Content {
  readonly type: string;
  readonly bytes: string | Buffer;
  readonly etag?: string;
}

/** Sends a whole answer. Without an `etag` nobody keeps it; with one it is asked for again and may be unchanged. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { type, bytes, etag }: Content,
): void {
  const caching = etag === undefined ? 'no-store' : 'no-cache';
  const headers: Record<string, string> = { ...pageHeaders, 'Content-Type': type, 'Cache-Control': caching };
  if (etag !== undefined) headers.ETag = etag;
  if (etag !== undefined && request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  headers['Content-Length'] = String(Buffer.byteLength(bytes));
  response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : bytes);
}

export function refuse(response: ServerResponse, { status, sentence, retryAfter, allow }: Answer): void {
  const headers: Record<string, string> = {
    ...pageHeaders,
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  };
  if (retryAfter !== undefined) headers['Retry-After'] = String(retryAfter);
  if (allow !== undefined) headers.Allow = allow;
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  // What else the request brings is not read.
  headers.Connection = 'close';
  response.writeHead(status, headers).end(`${sentence}\n`);
}

/** The same on a socket that HTTP has let go of. The socket is gone when the answer has left. */
export function answerRaw(socket: Duplex, { status, sentence, retryAfter }: Answer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(sentence) + 1}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    ...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${sentence}\n`);
}
