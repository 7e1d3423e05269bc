/**
 * Who may open a socket, decided from the header of the upgrade alone: pages of the run's own origin or a listed one,
 * and programs that are no browser, which send no Origin; all of them with the token where the run has one.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { UserError } from '@hivegrad/shared/errors';
import type { ProtocolCode } from '@hivegrad/shared/protocol/errors';
import { isToken, readOffer } from '@hivegrad/shared/protocol/upgrade';

export interface AdmissionRules {
  readonly origins: readonly string[];
  readonly token?: string;
  /** The name or address that the server listens at. */
  readonly host: string;
  readonly isTls: boolean;
  readonly trustProxy: boolean;
}

/** Refuses origins and tokens that no header can hold. */
export function checkRules({ origins, token }: Pick<AdmissionRules, 'origins' | 'token'>): void {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new UserError(
        'LISTEN_OPTION',
        `"${origin}" is no origin. Write scheme, host and, where it is not the usual one, port, in lower case ` +
          'and without a slash at the end, such as https://example.org:8443.',
      );
    }
  }
  if (token !== undefined && !isToken(token)) {
    throw new UserError(
      'LISTEN_OPTION',
      'The token cannot be used. Take 1 to 128 letters, digits and any of ._~-',
    );
  }
}

/** Why an upgrade is refused, or undefined. */
export function whyNotAdmitted(
  headers: IncomingHttpHeaders,
  rules: AdmissionRules,
): Extract<ProtocolCode, 'BAD_ORIGIN' | 'BAD_TOKEN'> | undefined {
  const { origin } = headers;
  if (origin !== undefined && !rules.origins.includes(origin) && !isOwnOrigin(origin, headers, rules)) {
    return 'BAD_ORIGIN';
  }
  const offered = readOffer(headers['sec-websocket-protocol']).token;
  return isTokenRight(offered, rules.token) ? undefined : 'BAD_TOKEN';
}

/** Whether the token is the run's, or the run has none. The time it takes tells nothing about the token. */
export function isTokenRight(offered: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const isSame = timingSafeEqual(hash(offered ?? ''), hash(token));
  return isSame && offered !== undefined;
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether the page came from this server. A stranger can point a name of his own at any address, and his page is
 * then of the same origin as the server; so a name counts only where nobody else can own it, or with a token.
 */
function isOwnOrigin(origin: string, headers: IncomingHttpHeaders, rules: AdmissionRules): boolean {
  const { host } = headers;
  if (host === undefined || origin !== `${schemeOf(headers, rules)}://${host.toLowerCase()}`) return false;
  return rules.token !== undefined || isOwnName(new URL(origin).hostname, rules.host);
}

function isOwnName(name: string, listenHost: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '');
  return isIP(bare) !== 0 || [listenHost, 'localhost', hostname()].some((own) => own.toLowerCase() === bare);
}

export function schemeOf(
  headers: IncomingHttpHeaders,
  rules: Pick<AdmissionRules, 'isTls' | 'trustProxy'>,
): string {
  const told = rules.trustProxy ? lastOf(headers['x-forwarded-proto']) : undefined;
  return told ?? (rules.isTls ? 'https' : 'http');
}

/** The address of the other side; a trusted proxy appends the one that it saw, so the last one is no claim. */
export function addressOf(
  headers: IncomingHttpHeaders,
  remote: string | undefined,
  trustProxy: boolean,
): string {
  const told = trustProxy ? lastOf(headers['x-forwarded-for']) : undefined;
  return told !== undefined && isIP(told) !== 0 ? told : (remote ?? 'unknown');
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const parts = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  return parts.at(-1)?.trim() || undefined;
}
