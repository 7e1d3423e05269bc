/**
 * The shell between strangers and a run: one port for the page, reports and workers' sockets. In: options with
 * handlers; out: a server that listens. It decides nothing about training and holds no tensor beyond what waits in
 * sockets.
 */

import type { Socket } from 'node:net';
import { UserError } from '@hivegrad/shared/errors';
import { bufferedBytesMax, whyNotLendable } from '@hivegrad/shared/protocol/limits';
import { type AdmissionRules, checkRules } from './admission.ts';
import { createWebServer, listen, shareableUrls } from './listen.ts';
import { readPage } from './page.ts';
import { type HiveServer, type ServerLimits, type ServerOptions, systemClock } from './ports.ts';
import { answerRequest, type RequestOptions } from './requests.ts';
import { Sockets, type SocketsOptions } from './sockets.ts';

const defaults: Omit<ServerLimits, 'bufferedBytesMax'> = {
  headersTimeoutMs: 5000,
  pingMs: 5000,
  messagesPerSecond: 2000,
  strangersMax: 256,
  retryMs: 30_000,
};

/** Sockets that ask for pages and reports, besides those of workers. */
const REQUEST_SOCKETS = 512;
/** They may not be kept by whoever reads nothing; a WebSocket has its pings instead. */
const STILL_TIMEOUT_MS = 30_000;

/**
 * Listens, or throws a UserError: LISTEN_OPTION, LISTEN_PORT_IN_USE, LISTEN_FORBIDDEN, LISTEN_ADDRESS,
 * LISTEN_CERTIFICATE, LISTEN_PAGE.
 */
export async function startServer(options: ServerOptions): Promise<HiveServer> {
  checkRules(options);
  const obstacle = whyNotLendable(options.shape);
  if (obstacle !== undefined) {
    throw new UserError(
      'LISTEN_OPTION',
      `This run cannot take workers from outside, since ${obstacle}. Train it with local threads alone.`,
    );
  }
  const limits: ServerLimits = {
    ...defaults,
    bufferedBytesMax: bufferedBytesMax(options.shape),
    ...options.limits,
  };
  const requests = await requestOptions(options);
  const server = await createWebServer({
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    headersTimeoutMs: limits.headersTimeoutMs,
    stillTimeoutMs: STILL_TIMEOUT_MS,
    socketsMax: options.maxWorkers + limits.strangersMax + REQUEST_SOCKETS,
  });
  const open = trackSockets(server);
  server.on('request', (request, response) => answerRequest(request, response, requests));
  const sockets = new Sockets(socketsOptions(options, limits));
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  const port = await listen(server, options.host, options.port);
  // Once it listens, an error is that of one connection that could not be taken; a run does not end for it.
  server.on('error', () => {});
  let closing: Promise<void> | undefined;
  return {
    port,
    urls: shareableUrls({ ...at(options), port }),
    connections: sockets.greeted,
    refusals: sockets.refusals,
    broadcast: (frame) => sockets.broadcast(frame),
    close: (how = {}) => {
      closing ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        await sockets.close(how);
        for (const socket of open) socket.destroy();
        await closed;
      })();
      return closing;
    },
  };
}

function at({ host, tls, token }: ServerOptions) {
  return { host, isTls: tls !== undefined, ...(token === undefined ? {} : { token }) };
}

async function requestOptions(options: ServerOptions): Promise<RequestOptions> {
  return {
    ...(options.token === undefined ? {} : { token: options.token }),
    page: options.page === undefined ? new Map() : await readPage(options.page),
    status: () => options.status(),
    metrics: () => options.metrics(),
  };
}

function socketsOptions(options: ServerOptions, limits: ServerLimits): SocketsOptions {
  const { origins, trustProxy, shape, expected, handlers, maxWorkers, clock = systemClock } = options;
  const rules: AdmissionRules = { ...at(options), origins, trustProxy };
  return { rules, shape, expected, handlers, maxWorkers, clock, limits };
}

/** Every open socket, whatever it became, so that none outlives the server. */
function trackSockets(server: {
  on(event: 'connection', call: (socket: Socket) => void): unknown;
}): Set<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return open;
}
