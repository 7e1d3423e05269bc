/** The one port: an HTTP or HTTPS server with tight limits, and sentences for all that can keep it from listening. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { UserError, type UserErrorCode } from '@hivegrad/shared/errors';
import { answerRaw } from './answers.ts';

const HEADER_BYTES_MAX = 8192;
const HEADERS_MAX = 100;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 5000;

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface WebServerOptions {
  readonly tls?: TlsFiles;
  readonly headersTimeoutMs: number;
  /** A socket on which so long nothing moves is closed, also where an answer waits for its reader. */
  readonly stillTimeoutMs: number;
  /** Sockets of any kind; what is above it is closed as it comes. */
  readonly socketsMax: number;
}

/** Throws LISTEN_CERTIFICATE. */
export async function createWebServer(options: WebServerOptions): Promise<Server> {
  const { headersTimeoutMs } = options;
  const limits: ServerOptions = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(REQUEST_TIMEOUT_MS, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
  };
  const server = options.tls === undefined ? createServer(limits) : await createSecure(options.tls, limits);
  server.timeout = options.stillTimeoutMs;
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = options.socketsMax;
  server.on('clientError', answerBroken);
  server.on('tlsClientError', (_error, socket: Duplex) => socket.destroy());
  return server;
}

/** What is no HTTP, or too much of it. */
function answerBroken(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || socket.writableEnded) {
    socket.destroy();
  } else if (code === 'HPE_HEADER_OVERFLOW') {
    answerRaw(socket, { status: 431, sentence: `A header has at most ${HEADER_BYTES_MAX} bytes.` });
  } else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    answerRaw(socket, { status: 408, sentence: 'The request took too long to come.' });
  } else {
    answerRaw(socket, { status: 400, sentence: 'This is no HTTP request.' });
  }
}

async function createSecure(files: TlsFiles, limits: ServerOptions): Promise<Server> {
  const cert = await readPem(files.certificate);
  const key = await readPem(files.key);
  try {
    return createTlsServer({ ...limits, cert, key, handshakeTimeout: limits.headersTimeout ?? 0 });
  } catch (error) {
    throw new UserError(
      'LISTEN_CERTIFICATE',
      `${files.certificate} and ${files.key} are not a certificate and its key. Give two PEM files that belong ` +
        'together, the key without a passphrase.',
      { cause: error },
    );
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError('LISTEN_CERTIFICATE', `${path} cannot be read. Name a PEM file that can.`, {
      cause: error,
    });
  }
}

/** Listens, and answers with the port. Throws the LISTEN codes. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw explained(error, host, port);
  }
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : port;
}

function explained(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const userError = (name: UserErrorCode, sentence: string) =>
    new UserError(name, sentence, { cause: error });
  switch (code) {
    case 'EADDRINUSE':
      return userError(
        'LISTEN_PORT_IN_USE',
        `Another program listens at port ${port} of ${host}. Stop it, or choose another port; 0 takes any free one.`,
      );
    case 'EACCES':
    case 'EPERM':
      return userError(
        'LISTEN_FORBIDDEN',
        `This user may not listen at port ${port}. Choose a port from 1024 on.`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return userError(
        'LISTEN_ADDRESS',
        `${host} is no address of this machine. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for its network.`,
      );
    case 'ERR_SOCKET_BAD_PORT':
      return userError('LISTEN_OPTION', `${port} is no port. Choose one from 0 to 65535.`);
    default:
      return error;
  }
}

/** Addresses at which people find the page. All that a wildcard stands for, this machine's own name last. */
export function shareableUrls(at: { host: string; port: number; isTls: boolean; token?: string }): string[] {
  const isWildcard = at.host === '0.0.0.0' || at.host === '::' || at.host === '';
  const hosts = isWildcard ? [...outsideAddresses(at.host === '0.0.0.0'), 'localhost'] : [at.host];
  const scheme = at.isTls ? 'https' : 'http';
  // What stands behind # never leaves the browser, so no log and no proxy sees it.
  const fragment = at.token === undefined ? '' : `#token=${at.token}`;
  return hosts.map((host) => `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${at.port}/${fragment}`);
}

function outsideAddresses(isOnlyV4: boolean): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family, scopeid }) => !internal && (family === 'IPv4' || (!isOnlyV4 && !scopeid)))
    .sort((a, b) => Number(a.family !== 'IPv4') - Number(b.family !== 'IPv4'))
    .map(({ address }) => address);
}
