/**
 * What a run sends, parsed with as little trust: a worker may have been sent to the wrong address, and a page must
 * not stumble. In: a frame and, once there was one, the welcome; out: one message or a ProtocolError.
 */

import { checkMask, layoutRows, placeOfNode, stepsOfRun } from './bodies.ts';
import { areFiniteBits, decodeFrame, wordsOf } from './codec.ts';
import { ProtocolError } from './errors.ts';
import { flag, hex, oneOf, optional, real, required, text, whole } from './fields.ts';
import {
  CODE_NAME_LENGTH_MAX,
  DESCRIPTION_LENGTH_MAX,
  DURATION_MS_MAX,
  FRAME_BYTES_MAX,
  gradientBytes,
  HASH_DIGITS,
  IDENTITY_DIGITS,
  maskBytes,
  PARAMETERS_MAX,
  RUN_NAME_LENGTH_MAX,
  SAMPLES_MAX,
  SENTENCE_LENGTH_MAX,
  SERVER_HEADER,
  STEPS_MAX,
  serverFrameBytesMax,
  WORKERS_MAX,
  whyNotLendable,
} from './limits.ts';
import type { Assign, RunShape, ServerMessage, Welcome } from './messages.ts';
import { doneReasons, waitingReasons } from './messages.ts';
import { checkModelFits, readFeatures, readModel, readTargets } from './parse-model.ts';
import { checkBody, clientTypes, type MessageTable, nodeFields, readMessage, typeOf } from './tables.ts';

const LOSS_MAX = 3.5e38;

const refusal = {
  code: required(whole(100, 999)),
  name: required(text(CODE_NAME_LENGTH_MAX)),
  sentence: required(text(SENTENCE_LENGTH_MAX)),
};

const table: MessageTable<ServerMessage> = {
  welcome: {
    run: required(text(RUN_NAME_LENGTH_MAX)),
    description: required(text(DESCRIPTION_LENGTH_MAX)),
    model: required(readModel),
    parameters: required(whole(1, PARAMETERS_MAX)),
    features: required(readFeatures),
    targets: required(readTargets),
    weighted: required(flag),
    samples: required(whole(1, SAMPLES_MAX)),
    batchSize: required(whole(1, SAMPLES_MAX)),
    shardSize: required(whole(1, SAMPLES_MAX)),
    epochs: required(whole(1, STEPS_MAX)),
    seed: required(whole(0, Number.MAX_SAFE_INTEGER)),
    dataset: required(hex(HASH_DIGITS)),
    worker: required(whole(0, Number.MAX_SAFE_INTEGER)),
    identity: required(hex(IDENTITY_DIGITS)),
    statusMs: required(whole(1, DURATION_MS_MAX)),
  },
  refuse: { ...refusal, retryMs: optional(whole(0, DURATION_MS_MAX)) },
  reject: refusal,
  weights: { version: required(whole(0, STEPS_MAX)), digest: optional(hex(HASH_DIGITS)) },
  assign: {
    ...nodeFields,
    version: required(whole(0, STEPS_MAX)),
    leaseMs: required(whole(0, DURATION_MS_MAX)),
    rows: required(whole(0, SAMPLES_MAX)),
  },
  cancel: nodeFields,
  status: {
    epoch: required(whole(0, STEPS_MAX)),
    step: required(whole(0, STEPS_MAX)),
    loss: optional(real(-LOSS_MAX, LOSS_MAX)),
    accuracy: optional(real(0, 1)),
    browsers: required(whole(0, WORKERS_MAX)),
    machines: required(whole(0, WORKERS_MAX)),
    localThreads: required(whole(0, WORKERS_MAX)),
    samplesPerSecond: required(real(0, Number.MAX_SAFE_INTEGER)),
  },
  standing: {
    nodes: required(whole(0, Number.MAX_SAFE_INTEGER)),
    samples: required(whole(0, Number.MAX_SAFE_INTEGER)),
    waiting: optional(oneOf(waitingReasons)),
  },
  drain: { retryMs: optional(whole(0, DURATION_MS_MAX)) },
  done: {
    reason: required(oneOf(doneReasons)),
    version: required(whole(0, STEPS_MAX)),
    digest: optional(hex(HASH_DIGITS)),
  },
};

/**
 * Parses one frame of a run; throws a ProtocolError. `shape` is the welcome of this connection; before there was one
 * only messages that need none are allowed. The body of the message is a view of the frame.
 */
export function parseServerMessage(frame: Uint8Array, shape?: RunShape): ServerMessage {
  const frameBytesMax = shape === undefined ? FRAME_BYTES_MAX : serverFrameBytesMax(shape);
  const { header, body } = decodeFrame(frame, { ...SERVER_HEADER, frameBytesMax });
  const type = typeOf(header, table, clientTypes);
  const message = readMessage(header, { type, table, body });
  switch (message.type) {
    case 'welcome':
      checkWelcome(message);
      break;
    case 'weights':
      checkBody('weights', body, gradientBytes(welcomed(shape)));
      return message;
    case 'assign':
      checkAssign(message, body, welcomed(shape));
      return message;
    case 'cancel':
      placeOfNode(welcomed(shape), message);
      break;
    case 'status':
    case 'standing':
    case 'drain':
    case 'done':
      welcomed(shape);
      break;
    case 'refuse':
    case 'reject':
      break;
  }
  checkBody(message.type, body, 0);
  return message;
}

function welcomed(shape: RunShape | undefined): RunShape {
  if (shape === undefined) throw new ProtocolError('WELCOME_MISSING');
  return shape;
}

function checkWelcome(welcome: Welcome): void {
  checkModelFits(welcome);
  if (welcome.shardSize > welcome.batchSize) {
    throw new ProtocolError('CONTRADICTION', 'A shard of the welcome is larger than a mini-batch.');
  }
  if (stepsOfRun(welcome) > STEPS_MAX) {
    throw new ProtocolError('OUT_OF_RANGE', `The run of the welcome has more than ${STEPS_MAX} steps.`);
  }
  const why = whyNotLendable(welcome);
  if (why !== undefined) throw new ProtocolError('OUT_OF_RANGE', `The run cannot be lent out: ${why}.`);
}

function checkAssign(assign: Assign, body: Uint8Array, shape: RunShape): void {
  const { begin, end } = placeOfNode(shape, assign);
  const samples = end - begin;
  const { rows } = assign;
  if (rows > samples) {
    throw new ProtocolError('OUT_OF_RANGE', `assign.rows is ${rows}, and the node has ${samples} samples.`);
  }
  const layout = layoutRows(shape, samples, rows);
  checkBody('assign', body, layout.bytes);
  if (rows === 0) return;
  checkMask(body.subarray(0, maskBytes(samples)), samples, rows);
  if (shape.targets.kind === 'classes') {
    const { classes } = shape.targets;
    // Kernels use a class as an index without looking.
    const isClass = (target: number) => target < classes;
    if (!wordsOf(body.subarray(layout.targets, layout.targets + rows * 4)).every(isClass)) {
      throw new ProtocolError(
        'BODY_CONTENT',
        `A row of the assignment is of a class that is not below ${classes}.`,
      );
    }
  }
  if (shape.weighted) {
    const isWeight = (bits: number) => bits < 0x80000000 && areFiniteBits(bits);
    if (!wordsOf(body.subarray(layout.weights, layout.weights + rows * 4)).every(isWeight)) {
      throw new ProtocolError(
        'BODY_CONTENT',
        'A row of the assignment has a weight that is negative or not finite.',
      );
    }
  }
}
