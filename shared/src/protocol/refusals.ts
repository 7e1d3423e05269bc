/** From an error to the message that tells the other side, and back. */

import {
  codeOfNumber,
  type ErrorEntry,
  type ProtocolCode,
  type ProtocolError,
  protocolErrors,
} from './errors.ts';
import { cleanText } from './fields.ts';
import { SENTENCE_LENGTH_MAX } from './limits.ts';
import type { Refuse, Reject } from './messages.ts';

/**
 * The message for a worker that an error is about: `refuse` where the error ends the connection, which is then to be
 * closed with `closeCodeOf(error.code)`, else `reject`.
 */
export function refusalOf(error: ProtocolError): Refuse | Reject {
  const { number, ends } = protocolErrors[error.code];
  return {
    type: ends ? 'refuse' : 'reject',
    code: number,
    name: error.code,
    sentence: cleanText(error.message, SENTENCE_LENGTH_MAX),
  };
}

/** The refusal of an error whatever the table says, as after too many that end nothing by themselves. */
export function finalRefusalOf(error: ProtocolError, retryMs?: number): Refuse {
  const refusal: Refuse = { ...refusalOf(error), type: 'refuse' };
  return retryMs === undefined ? refusal : { ...refusal, retryMs };
}

/** What a worker does after a refusal; a number from a newer run means that it comes back later. */
export function afterRefusal({ code }: Pick<Refuse, 'code'>): {
  readonly code?: ProtocolCode;
  readonly again: ErrorEntry['again'];
} {
  const known = codeOfNumber(code);
  return known === undefined ? { again: 'later' } : { code: known, again: protocolErrors[known].again };
}
