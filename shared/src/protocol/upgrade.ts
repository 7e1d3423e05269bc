/**
 * What stands in the WebSocket upgrade, so that a stranger can be turned away before there is a socket: the name of
 * the protocol and, where a run asks for one, a token. Browsers cannot send headers of their own with an upgrade,
 * but they can offer subprotocols, so that is where the token travels; the server never answers with it.
 */

import { TOKEN_LENGTH_MAX } from './limits.ts';

/** The subprotocol that the server picks. The version of the protocol is told in the hello, with a sentence. */
export const SUBPROTOCOL = 'hivegrad';

const TOKEN_PREFIX = 'hivegrad.token.';

/** Whether a text can be a token: letters, digits and ._~- only, which need no escape in URLs and headers. */
export function isToken(text: string): boolean {
  return text.length > 0 && text.length <= TOKEN_LENGTH_MAX && /^[A-Za-z0-9._~-]+$/.test(text);
}

/** What a worker offers: `new WebSocket(url, offeredSubprotocols(token))`. */
export function offeredSubprotocols(token?: string): string[] {
  return token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, TOKEN_PREFIX + token];
}

export interface Offer {
  /** Whether the other side offers this protocol at all. */
  readonly isOurs: boolean;
  /** A text from anybody, to be compared in constant time and never logged. */
  readonly token?: string;
}

/** Reads the `Sec-WebSocket-Protocol` header. Several tokens, or what cannot be one, count as none. */
export function readOffer(header: string | undefined): Offer {
  const offered = (header ?? '')
    .slice(0, 4 * TOKEN_LENGTH_MAX)
    .split(',', 8)
    .map((part) => part.trim());
  const tokens = offered
    .filter((part) => part.startsWith(TOKEN_PREFIX))
    .map((part) => part.slice(TOKEN_PREFIX.length));
  const isOurs = offered.includes(SUBPROTOCOL);
  const token = tokens.length === 1 && isToken(tokens[0]!) ? tokens[0] : undefined;
  return token === undefined ? { isOurs } : { isOurs, token };
}
