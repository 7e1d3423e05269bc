/**
 * Plain requests: /healthz for whoever watches the process, /api/run and /metrics for dashboards (with the token
 * where there is one), and the page. Everything else is a sentence.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isTokenRight } from './admission.ts';
import { type Answer, answer, type Content, refuse } from './answers.ts';
import type { Page } from './page.ts';
import { SOCKET_PATH } from './sockets.ts';

export interface RequestOptions {
  readonly token?: string;
  readonly page: Page;
  status(): object;
  metrics(): Promise<string>;
}

/** The listener of `request`. */
export function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: RequestOptions,
): void {
  const send = (reply: Answer | Content) => {
    if ('status' in reply) refuse(response, reply);
    else answer(request, response, reply);
  };
  const failed = () => send({ status: 500, sentence: 'The report could not be made.' });
  const reply = replyTo(request, options);
  if (reply instanceof Promise) reply.then(send, failed);
  else send(reply);
}

type Reply = Answer | Content | Promise<Content>;

function replyTo(request: IncomingMessage, options: RequestOptions): Reply {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, sentence: 'Only GET and HEAD are understood here.', allow: 'GET, HEAD' };
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const report = reportOf(path, options);
  if (report !== undefined) {
    if (isTokenRight(bearerOf(request), options.token)) return report();
    return { status: 401, sentence: 'Send the token of the run as "Authorization: Bearer TOKEN".' };
  }
  if (path === '/healthz') return { type: 'text/plain; charset=utf-8', bytes: 'ok\n' };
  if (path === SOCKET_PATH) {
    return { status: 426, sentence: `Workers connect to ${SOCKET_PATH} with a WebSocket.` };
  }
  const content = options.page.get(path);
  if (content !== undefined) return content;
  const sentence = options.page.size === 0 ? 'This run shows no page.' : 'There is nothing at this address.';
  return { status: 404, sentence };
}

function reportOf(path: string, { status, metrics }: RequestOptions): (() => Reply) | undefined {
  if (path === '/api/run') {
    return () => ({ type: 'application/json; charset=utf-8', bytes: `${JSON.stringify(status())}\n` });
  }
  if (path === '/metrics') {
    return async () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', bytes: await metrics() });
  }
  return undefined;
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([^ ]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
