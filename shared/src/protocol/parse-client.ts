/**
 * What a worker sends, parsed without any trust. In: a frame of anybody and the shape of the run; out: one message
 * whose types are true, whose node exists and whose body has the right length, or a ProtocolError. What depends on
 * the past (leases, order, whether the gradient is finite) is for the coordinator.
 */

import { checkMask, placeOfNode } from './bodies.ts';
import { decodeFrame } from './codec.ts';
import { ProtocolError } from './errors.ts';
import { finiteBits, hex, oneOf, optional, required, text, whole } from './fields.ts';
import {
  CACHE_ID_DIGITS,
  CLIENT_HEADER,
  clientFrameBytesMax,
  DURATION_US_MAX,
  gradientBytes,
  HASH_DIGITS,
  IDENTITY_DIGITS,
  maskBytes,
  PROTOCOL_VERSION,
  ROW_BYTES_MAX,
  SAMPLES_MAX,
  THREADS_MAX,
  WORKER_NAME_LENGTH_MAX,
} from './limits.ts';
import type { ClientMessage, Hello, Missing, NodeAddress, Progress, Result, RunShape } from './messages.ts';
import { byeReasons, pauseReasons } from './messages.ts';
import { checkBody, type MessageTable, nodeFields, readMessage, serverTypes, typeOf } from './tables.ts';

const table: MessageTable<ClientMessage> = {
  hello: {
    protocol: required(whole(1, 65_535)),
    kernels: required(hex(HASH_DIGITS)),
    answer: required(hex(HASH_DIGITS)),
    agent: required(oneOf(['node', 'browser'])),
    threads: required(whole(1, THREADS_MAX)),
    cacheId: required(hex(CACHE_ID_DIGITS)),
    rowBytesMax: required(whole(0, ROW_BYTES_MAX)),
    identity: optional(hex(IDENTITY_DIGITS)),
    name: optional(text(WORKER_NAME_LENGTH_MAX)),
  },
  result: {
    ...nodeFields,
    lossBits: required(finiteBits),
    correct: required(whole(0, SAMPLES_MAX)),
    computeUs: required(whole(0, DURATION_US_MAX)),
  },
  notFinite: nodeFields,
  missing: { ...nodeFields, rows: required(whole(1, SAMPLES_MAX)) },
  progress: { ...nodeFields, samples: required(whole(0, SAMPLES_MAX)) },
  pause: { reason: required(oneOf(pauseReasons)) },
  resume: { threads: required(whole(1, THREADS_MAX)) },
  finish: {},
  bye: { reason: required(oneOf(byeReasons)) },
};

/** Parses one frame of a worker; throws a ProtocolError. The body of the message is a view of the frame. */
export function parseClientMessage(frame: Uint8Array, shape: RunShape): ClientMessage {
  const { header, body } = decodeFrame(frame, {
    ...CLIENT_HEADER,
    frameBytesMax: clientFrameBytesMax(shape),
  });
  const type = typeOf(header, table, serverTypes);
  // Before anything else is read: a hello of another version may well have other keys.
  if (type === 'hello') checkVersion(header.protocol);
  const message = readMessage(header, { type, table, body });
  switch (message.type) {
    case 'result':
      checkResult(message, body, shape);
      return message;
    case 'missing':
      checkMissing(message, body, shape);
      return message;
    case 'progress':
      checkProgress(message, shape);
      break;
    case 'notFinite':
      placeOfNode(shape, message);
      break;
    case 'hello':
    case 'pause':
    case 'resume':
    case 'finish':
    case 'bye':
      break;
  }
  checkBody(message.type, body, 0);
  return message;
}

function checkVersion(protocol: unknown): void {
  if (typeof protocol === 'number' && protocol !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      'OTHER_PROTOCOL',
      `The worker speaks version ${protocol} of the protocol and this run version ${PROTOCOL_VERSION}. Reload the page, ` +
        'or install the version of hivegrad that the run uses.',
    );
  }
}

function checkResult(result: Result, body: Uint8Array, shape: RunShape): void {
  checkBody('result', body, gradientBytes(shape));
  checkCount('result.correct', result.correct, samplesOf(shape, result));
}

function checkMissing(missing: Missing, body: Uint8Array, shape: RunShape): void {
  const samples = samplesOf(shape, missing);
  checkCount('missing.rows', missing.rows, samples);
  checkBody('missing', body, maskBytes(samples));
  checkMask(body, samples, missing.rows);
}

function checkProgress(progress: Progress, shape: RunShape): void {
  checkCount('progress.samples', progress.samples, samplesOf(shape, progress));
}

function samplesOf(shape: RunShape, address: NodeAddress): number {
  const { begin, end } = placeOfNode(shape, address);
  return end - begin;
}

function checkCount(where: string, count: number, samples: number): void {
  if (count > samples) {
    throw new ProtocolError('OUT_OF_RANGE', `${where} is ${count}, and the node has ${samples} samples.`);
  }
}

/** What a run expects of whoever says hello. */
export interface Expected {
  /** SHA-256 of `kernels.wasm`, in hex. */
  readonly kernels: string;
  readonly answer: string;
}

/** Refuses a worker whose bits would or could be other ones: OTHER_KERNELS, ENGINE_NOT_EXACT. */
export function checkHello(hello: Hello, expected: Expected): void {
  if (hello.kernels !== expected.kernels) throw new ProtocolError('OTHER_KERNELS');
  if (hello.answer !== expected.answer) throw new ProtocolError('ENGINE_NOT_EXACT');
}
