/** What both parsers share: which messages there are, and how a header becomes one with the help of a table. */

import type { Header } from './codec.ts';
import { ProtocolError } from './errors.ts';
import { type Fields, quote, readMap, required, whole, wrongKind } from './fields.ts';
import { LEVEL_MAX, SAMPLES_MAX, STEPS_MAX } from './limits.ts';
import type { ClientMessage, Message, NodeAddress, ServerMessage } from './messages.ts';

/** The fields of each message of one direction. */
export type MessageTable<M extends Message> = { readonly [T in M['type']]: Fields<Extract<M, { type: T }>> };

/** The name of a node, within what any run could have. */
export const nodeFields: Fields<NodeAddress> = {
  step: required(whole(0, STEPS_MAX)),
  level: required(whole(0, LEVEL_MAX)),
  index: required(whole(0, SAMPLES_MAX)),
};

type Types<M extends Message> = Readonly<Record<M['type'], true>>;

export const clientTypes: Types<ClientMessage> = {
  hello: true,
  result: true,
  notFinite: true,
  missing: true,
  progress: true,
  pause: true,
  resume: true,
  finish: true,
  bye: true,
};

export const serverTypes: Types<ServerMessage> = {
  welcome: true,
  refuse: true,
  reject: true,
  weights: true,
  assign: true,
  cancel: true,
  status: true,
  standing: true,
  drain: true,
  done: true,
};

/** The type of a message, if `table` has it; WRONG_DIRECTION if only `others` have it. */
export function typeOf<M extends Message>(
  header: Header,
  table: MessageTable<M>,
  others: Readonly<Record<string, true>>,
): M['type'] {
  const { type } = header;
  if (type === undefined) throw new ProtocolError('MISSING_KEY', 'The message lacks the key "type".');
  if (typeof type !== 'string') throw wrongKind(type, 'type', 'a word');
  if (Object.hasOwn(table, type)) return type as M['type'];
  if (Object.hasOwn(others, type)) {
    throw new ProtocolError(
      'WRONG_DIRECTION',
      `A message of type "${type}" is only sent to this side's peers.`,
    );
  }
  throw new ProtocolError('UNKNOWN_TYPE', `There is no message of type ${quote(type)}.`);
}

/** The message of a header; its body is `body` where the type has one. */
export function readMessage<M extends Message>(
  header: Header,
  { type, table, body }: { type: M['type']; table: MessageTable<M>; body: Uint8Array },
): M {
  const fields = table[type] as Fields<M>;
  const message = { type, ...readMap<M>(header, type, { fields, implied: ['type'] }) };
  return (Object.hasOwn(withBody, type) ? { ...message, body } : message) as unknown as M;
}

/** The messages that have a body; that of every other has to be empty. */
const withBody: Readonly<Record<Extract<Message, { body: Uint8Array }>['type'], true>> = {
  result: true,
  missing: true,
  weights: true,
  assign: true,
};

export function checkBody(type: string, body: Uint8Array, bytes: number): void {
  if (body.length !== bytes) {
    throw new ProtocolError(
      'BODY_LENGTH',
      `The body of "${type}" has ${body.length} bytes instead of ${bytes}.`,
    );
  }
}
