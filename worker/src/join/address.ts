/**
 * The address of a run as people have it, from the line that the run prints to a bare host and port, made into the
 * address of its socket. What cannot be one is a UserError that says how an address looks.
 */

import { UserError } from '@hivegrad/shared/errors';
import { isToken } from '@hivegrad/shared/protocol/upgrade';

export interface Address {
  /** `ws:` or `wss:`, ending in `/socket`. */
  readonly socketUrl: string;
  /** Host and port as people know them; without the token. */
  readonly shown: string;
  readonly token?: string;
}

const SOCKET_PATH = '/socket';
const TOKEN_FRAGMENT = '#token=';

const schemes: Readonly<Record<string, 'ws:' | 'wss:'>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

const REMEDY =
  'Give it as the run prints it, such as http://192.168.1.5:8080/#token=TOKEN, or as HOST:PORT with --token.';

/**
 * @param token goes before the one of the address
 * @throws UserError JOIN_ADDRESS
 */
export function parseAddress(text: string, token?: string): Address {
  const url = urlOf(text);
  const scheme = schemes[url.protocol];
  if (scheme === undefined) throw refusal(text, `${url.protocol}// is no way to a run`);
  if (url.hostname === '') throw refusal(text, 'it names no host');
  if (url.username !== '' || url.password !== '') throw refusal(text, 'it has a user name or a password');
  if (url.search !== '') throw refusal(text, 'it has a question mark');
  if (url.pathname !== '/' && url.pathname !== SOCKET_PATH) {
    throw refusal(text, `a run has nothing at the path ${url.pathname}`);
  }
  const used = token ?? tokenOf(url, text);
  if (used !== undefined && !isToken(used)) {
    throw new UserError(
      'JOIN_ADDRESS',
      'The token has to be 1 to 128 letters, digits and ._~- signs. Ask whoever runs the training for it.',
    );
  }
  return {
    socketUrl: `${scheme}//${url.host}${SOCKET_PATH}`,
    shown: url.host,
    ...(used !== undefined && { token: used }),
  };
}

/** A text without a scheme is a host with its port, which WHATWG URLs would take for a scheme. */
function urlOf(text: string): URL {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!hasScheme && !/^[^/?#@]+:\d+(?:[/#]|$)/.test(text)) {
    throw refusal(text, 'it has neither http:// nor a port');
  }
  try {
    return new URL(hasScheme ? text : `http://${text}`);
  } catch {
    throw refusal(text, 'it cannot be read');
  }
}

function tokenOf({ hash }: URL, text: string): string | undefined {
  if (hash === '') return undefined;
  if (!hash.startsWith(TOKEN_FRAGMENT)) throw refusal(text, 'behind the # stands no token');
  return hash.slice(TOKEN_FRAGMENT.length);
}

/** The sentence does not repeat what stands behind the #, which may be a secret. */
function refusal(text: string, why: string): UserError {
  const shown = JSON.stringify(text.split('#', 1)[0]!.replace(/\/\/[^/@]*@/, '//'));
  return new UserError('JOIN_ADDRESS', `${shown} is no address of a run: ${why}. ${REMEDY}`);
}
