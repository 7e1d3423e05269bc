/**
 * Everything that a peer can be told is wrong, as one append-only table: a number and a name for programs, a
 * sentence for people. Numbers and names never change their meaning and are never used again; a peer that meets
 * a number that it does not know falls back on the sentence that came with it.
 */

export interface ErrorEntry {
  /** 100..999, unique. The WebSocket close code is 4000 + number, in the range that applications may use. */
  readonly number: number;
  /** For the person at the worker: what happened and, where there is one, the remedy. */
  readonly sentence: string;
  /** Who has to change something: whoever is told (`peer`), whoever tells (`host`), or nobody. */
  readonly fault: 'peer' | 'host' | 'nobody';
  /** Whether the connection is closed at once; otherwise the message is dropped and counted. */
  readonly ends: boolean;
  /**
   * What a worker does that was told so: `never` comes back by itself, comes back `later` with back-off, or later
   * and `fresh`, that is without the identity it had.
   */
  readonly again: 'never' | 'later' | 'fresh';
}

type Fault = ErrorEntry['fault'];
type Again = ErrorEntry['again'];

const closes = (number: number, sentence: string, fault: Fault, again: Again): ErrorEntry => ({
  number,
  sentence,
  fault,
  ends: true,
  again,
});
const drops = (number: number, sentence: string, fault: Fault): ErrorEntry => ({
  number,
  sentence,
  fault,
  ends: false,
  again: 'later',
});

export const protocolErrors = {
  // 1xx: frames
  FRAME_TRUNCATED: closes(100, 'The frame ends before its header does.', 'peer', 'later'),
  FRAME_TOO_LARGE: closes(101, 'The frame is larger than any message of this run.', 'peer', 'later'),
  HEADER_TOO_LARGE: closes(102, 'The header is longer than the limit.', 'peer', 'later'),
  PADDING_NOT_ZERO: closes(103, 'The bytes between header and body are not zero.', 'peer', 'later'),
  HEADER_MALFORMED: closes(104, 'The header is not one MessagePack map.', 'peer', 'later'),
  HEADER_TOO_DEEP: closes(105, 'The header is nested deeper than any message.', 'peer', 'later'),
  HEADER_TOO_MANY_VALUES: closes(106, 'The header holds more values than any message.', 'peer', 'later'),
  HEADER_FORBIDDEN_TYPE: closes(
    107,
    'The header uses a MessagePack type that is not allowed.',
    'peer',
    'later',
  ),
  HEADER_NOT_CANONICAL: closes(108, 'The header is not in its one canonical encoding.', 'peer', 'later'),
  TEXT_FRAME: closes(109, 'Messages are binary frames; this one is text.', 'peer', 'later'),

  // 2xx: messages
  UNKNOWN_TYPE: closes(200, 'There is no message of this type.', 'peer', 'later'),
  WRONG_DIRECTION: closes(201, 'Only the other side sends messages of this type.', 'peer', 'later'),
  UNKNOWN_KEY: closes(202, 'The message has a key that does not belong to it.', 'peer', 'later'),
  MISSING_KEY: closes(203, 'The message lacks a key.', 'peer', 'later'),
  WRONG_KIND: closes(204, 'A value of the message is of another kind.', 'peer', 'later'),
  OUT_OF_RANGE: closes(205, 'A value of the message is out of its range.', 'peer', 'later'),
  BAD_TEXT: closes(
    206,
    'A text of the message is too long or holds characters that cannot be shown.',
    'peer',
    'later',
  ),
  BODY_LENGTH: closes(207, 'The body has another length than the message asks for.', 'peer', 'later'),
  BODY_CONTENT: closes(208, 'The body contradicts the message.', 'peer', 'later'),
  NO_SUCH_STEP: drops(209, 'The run has no such step.', 'peer'),
  NO_SUCH_NODE: drops(210, 'The step has no such node.', 'peer'),
  NOT_FINITE: drops(211, 'A result that is not finite has to be sent as "notFinite".', 'peer'),
  CONTRADICTION: closes(212, 'The parts of the message do not fit each other.', 'peer', 'later'),

  // 3xx: admission
  OTHER_PROTOCOL: closes(
    300,
    'The worker speaks another version of the protocol. Reload the page, or install the version that the run uses.',
    'peer',
    'never',
  ),
  OTHER_KERNELS: closes(
    301,
    'The worker has other kernels, whose bits may differ. Reload the page, or install the version that the run uses.',
    'peer',
    'never',
  ),
  ENGINE_NOT_EXACT: closes(
    302,
    'This engine does not compute the known answer bit for bit, so it cannot take part. Try another browser.',
    'peer',
    'never',
  ),
  BAD_TOKEN: closes(
    303,
    'The token is wrong or missing. Ask whoever runs the training for it.',
    'peer',
    'never',
  ),
  BAD_ORIGIN: closes(304, 'Pages of this origin may not take part in this run.', 'peer', 'never'),
  RUN_FULL: closes(305, 'The run has as many workers as it takes. Trying again later.', 'nobody', 'later'),
  BANNED: closes(
    306,
    'A result of this worker was wrong, so it may not take part any more.',
    'peer',
    'never',
  ),
  REPLACED: closes(307, 'The same worker has connected again elsewhere.', 'nobody', 'fresh'),
  RUN_OVER: closes(308, 'The run is over.', 'nobody', 'never'),
  NOT_LENDING: closes(309, 'This run takes no workers from outside.', 'nobody', 'never'),

  // 4xx: order and leases
  HELLO_MISSING: closes(400, 'The first message of a worker is "hello".', 'peer', 'later'),
  GREETED_TWICE: closes(401, 'A connection is greeted once.', 'peer', 'later'),
  WELCOME_MISSING: closes(402, 'The first message of a run is "welcome" or "refuse".', 'peer', 'later'),
  NEVER_LEASED: drops(403, 'This node was never given to this worker.', 'peer'),
  STALE: drops(404, 'The step of this message is over.', 'nobody'),
  FUTURE: drops(405, 'The step of this message has not begun.', 'peer'),
  DIFFERS: drops(406, 'The node is known with other bytes.', 'peer'),
  WEIGHTS_MISSING: closes(407, 'A node was given for weights that were never sent.', 'peer', 'later'),
  TOO_MANY_LEASES: closes(408, 'More nodes were given than a worker may hold.', 'peer', 'later'),

  // 5xx: behaviour of connections
  HELLO_TIMEOUT: closes(500, 'No "hello" came in time.', 'peer', 'later'),
  TOO_SLOW: closes(
    501,
    'The connection is too slow for what has to be sent. Trying again later.',
    'nobody',
    'later',
  ),
  TOO_MANY_MESSAGES: closes(502, 'Too many messages in too short a time.', 'peer', 'later'),
  TOO_MANY_ERRORS: closes(503, 'Too many messages of this connection were wrong.', 'peer', 'later'),
  SILENT: closes(504, 'Nothing was heard for too long.', 'nobody', 'later'),
  STOPPING: closes(505, 'The run is stopping; it may go on later.', 'nobody', 'later'),
  INTERNAL: closes(
    506,
    'Something went wrong on the other side, which is not the fault of this one.',
    'host',
    'later',
  ),
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ProtocolCode = keyof typeof protocolErrors;

/** A peer broke the protocol, or has to be told that it cannot go on. Its message may be shown to both sides. */
export class ProtocolError extends Error {
  readonly code: ProtocolCode;

  /** `detail` says more exactly than the sentence of the table what was wrong; it never holds a secret. */
  constructor(code: ProtocolCode, detail?: string) {
    super(detail ?? protocolErrors[code].sentence);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

const CLOSE_BASE = 4000;

/** The WebSocket close code; applications, browsers included, may use 3000 to 4999 and 1000 alone. */
export function closeCodeOf(code: ProtocolCode): number {
  return CLOSE_BASE + protocolErrors[code].number;
}

const byNumber: ReadonlyMap<number, ProtocolCode> = new Map(
  (Object.keys(protocolErrors) as ProtocolCode[]).map((code) => [protocolErrors[code].number, code]),
);

/** The name of a code on the wire, if this version knows it. */
export function codeOfNumber(number: number): ProtocolCode | undefined {
  return byNumber.get(number);
}

/** The code behind a WebSocket close code, if it is one of ours. */
export function codeOfClose(closeCode: number): ProtocolCode | undefined {
  return byNumber.get(closeCode - CLOSE_BASE);
}
