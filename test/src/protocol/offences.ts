/** For each code of the protocol the frames that raise it. */

import type { ProtocolCode } from '@hivegrad/shared/protocol/errors';
import type { Hello } from '@hivegrad/shared/protocol/messages';
import { checkHello, parseClientMessage } from '@hivegrad/shared/protocol/parse-client';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { goldenShape } from './frames.ts';
import { changed, framed, golden, hexOf } from './hostile.ts';

const shape = goldenShape('bytes');
const floats = goldenShape('floats');
export const worker = (frame: Uint8Array) => () => parseClientMessage(frame, shape);
const run = (frame: Uint8Array) => () => parseServerMessage(frame, shape);
const hello = golden('hello').message as Hello;
const type = `a4${hexOf('type')}a6${hexOf('finish')}`;

/** What makes the codec, a parser or the check of a hello raise each code, in one or several ways. */
export const raised: Partial<Record<ProtocolCode, readonly (() => unknown)[]>> = {
  FRAME_TRUNCATED: [
    worker(new Uint8Array(0)),
    worker(Uint8Array.of(1, 0, 0)),
    worker(golden('finish').frame.subarray(0, -1)),
  ],
  FRAME_TOO_LARGE: [
    worker(new Uint8Array(5000)),
    run(new Uint8Array(9_000_000)),
    worker(changed('result', {}, new Uint8Array(4096))),
  ],
  HEADER_TOO_LARGE: [
    worker(framed(new Uint8Array(1025))),
    worker(Uint8Array.of(255, 255, 255, 255, 0x80, 0, 0, 0)),
    run(framed(new Uint8Array(65_537))),
  ],
  PADDING_NOT_ZERO: [worker(framed(`81${type}`, 1))],
  HEADER_MALFORMED: [
    worker(framed('')),
    worker(framed('90')),
    worker(framed('c0')),
    worker(framed(`81${type}00`)),
    worker(framed('81a474797065')),
    worker(framed('81a4747970')),
    worker(framed('81dbffffffff')),
    run(framed('818000')),
    worker(framed('81a474797065cb0000')),
  ],
  HEADER_TOO_DEEP: [
    worker(framed('81a16180')),
    worker(framed('81a16190')),
    run(framed('81a161919191919190')),
  ],
  HEADER_TOO_MANY_VALUES: [
    worker(framed('de0018')),
    worker(framed('dfffffffff')),
    run(framed('81a161ddffffffff')),
  ],
  HEADER_FORBIDDEN_TYPE: [
    'c1',
    'c400',
    'c70000',
    'd40000',
    'd640',
    'd7ff',
    'd8',
    'ca00000000',
    'cf',
    'd3',
  ].map((value) => worker(framed(`81a161${value}`))),
  HEADER_NOT_CANONICAL: [
    worker(framed(`82${type}${type}`)),
    worker(framed(`de0001${type}`)),
    worker(framed(`81d904${hexOf('type')}a6${hexOf('finish')}`)),
    worker(framed(`82${type}a9${hexOf('__proto__')}00`)),
    worker(framed(`82a474797065a6${hexOf('resume')}a7${hexOf('threads')}cd0001`)),
    worker(framed(`82a474797065a6${hexOf('resume')}a7${hexOf('threads')}cb3ff0000000000000`)),
    worker(framed(`82${type}a161cb8000000000000000`)),
    worker(framed('81a474797065a2c328')),
    worker(framed('8101a161')),
    worker(framed('81c2c3')),
  ],
  UNKNOWN_TYPE: [
    worker(changed('finish', { type: 'format' })),
    worker(changed('finish', { type: 'toString' })),
  ],
  WRONG_DIRECTION: [worker(golden('drain').frame), run(golden('finish').frame)],
  UNKNOWN_KEY: [
    worker(changed('finish', { now: true })),
    worker(changed('bye', { constructor: 1 })),
    worker(changed('result', { body: 1 })),
    worker(changed('result', { samples: 4 })),
  ],
  MISSING_KEY: [worker(framed('80')), worker(changed('result', { correct: undefined }))],
  WRONG_KIND: [
    worker(changed('finish', { type: null })),
    worker(changed('result', { step: '1' })),
    worker(changed('hello', { name: 1 })),
    worker(changed('hello', { kernels: 5 })),
    worker(changed('pause', { reason: false })),
    run(changed('welcome-bytes', { weighted: 1 })),
    run(changed('welcome-bytes', { model: [] })),
    run(changed('welcome-bytes', { features: 'u8' })),
    run(changed('welcome-bytes', { model: { inputSize: 3, layers: {}, loss: 'squaredError' } })),
    run(changed('welcome-bytes', { model: { inputSize: 3, layers: [7], loss: 'squaredError' } })),
  ],
  OUT_OF_RANGE: [
    worker(changed('result', { step: -1 })),
    worker(changed('result', { step: 1e300 })),
    worker(changed('result', { index: Number.NaN })),
    worker(changed('result', { index: 0.5 })),
    worker(changed('result', { level: 31 })),
    worker(changed('result', { correct: 5 })),
    worker(changed('progress', { step: 1, level: 0, index: 0, samples: 3 })),
    worker(changed('missing', { rows: 0 })),
    worker(changed('hello', { threads: 0 })),
    worker(changed('hello', { rowBytesMax: Number.POSITIVE_INFINITY })),
    worker(changed('pause', { reason: 'tired' })),
    run(changed('assign-rows', { rows: 5 })),
    run(changed('status', { accuracy: 1.5 })),
    run(changed('status', { loss: Number.NaN })),
    run(
      changed('welcome-bytes', {
        model: { inputSize: 3, layers: [{ type: 'magic' }], loss: 'squaredError' },
      }),
    ),
    run(changed('welcome-bytes', { model: { inputSize: 3, layers: [], loss: 'squaredError' } })),
    run(changed('welcome-bytes', { epochs: 2 ** 48 })),
  ],
  BAD_TEXT: [
    worker(changed('hello', { name: 'x'.repeat(41) })),
    worker(changed('hello', { name: 'nul\u0000' })),
    worker(changed('hello', { name: 'evil \u202etxt.exe' })),
    worker(changed('hello', { name: 'two\nlines' })),
    worker(changed('hello', { identity: 'F'.repeat(64) })),
    worker(changed('hello', { cacheId: '../../etc/passwd' })),
    run(changed('refuse', { sentence: 'x'.repeat(301) })),
  ],
  BODY_LENGTH: [
    worker(changed('result', {}, new Uint8Array(28))),
    worker(changed('result', {}, new Uint8Array(0))),
    worker(changed('finish', {}, new Uint8Array(1))),
    worker(changed('missing', {}, new Uint8Array(16))),
    run(changed('weights', {}, new Uint8Array(36))),
    run(changed('assign', {}, new Uint8Array(8))),
    run(changed('assign-rows', { rows: 2 })),
    run(changed('done', {}, new Uint8Array(8))),
  ],
  BODY_CONTENT: [
    worker(changed('missing', { rows: 3 })),
    worker(changed('missing', { rows: 1 })),
    worker(changed('missing', {}, Uint8Array.of(0b10001, 0, 0, 0, 0, 0, 0, 0))),
    worker(changed('missing', {}, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 128))),
    run(spoilt('assign-rows', 24, 2)),
    () => parseServerMessage(spoilt('assign-weighted', 39, 0x80), floats),
    () => parseServerMessage(spoilt('assign-weighted', 38, 0xff, 0x7f), floats),
  ],
  NO_SUCH_STEP: [worker(changed('not-finite', { step: 6 })), run(changed('cancel', { step: 2 ** 40 }))],
  NO_SUCH_NODE: [
    worker(changed('result', { index: 1 })),
    worker(changed('not-finite', { level: 2 })),
    worker(changed('not-finite', { level: 30 })),
    worker(changed('progress', { step: 2, level: 0, index: 1 })),
  ],
  NOT_FINITE: [
    worker(changed('result', { lossBits: 0x7f800000 })),
    worker(changed('result', { lossBits: 0xffc00000 })),
  ],
  CONTRADICTION: [
    run(changed('welcome-bytes', { parameters: 9 })),
    run(changed('welcome-bytes', { shardSize: 5 })),
    run(changed('welcome-bytes', { features: { kind: 'f32', width: 4 } })),
    run(changed('welcome-bytes', { targets: { kind: 'classes', classes: 3 } })),
    run(changed('welcome-bytes', { targets: { kind: 'values', width: 2 } })),
  ],
  OTHER_PROTOCOL: [
    worker(changed('hello', { protocol: 2 })),
    worker(changed('hello', { protocol: 0, later: 'key', kernels: undefined })),
  ],
  OTHER_KERNELS: [() => checkHello(hello, { kernels: '0'.repeat(64), answer: hello.answer })],
  ENGINE_NOT_EXACT: [() => checkHello(hello, { kernels: hello.kernels, answer: '0'.repeat(64) })],
  WELCOME_MISSING: [() => parseServerMessage(golden('weights').frame)],
};

/** What only the coordinator or the life of a worker can know; they have their own tests. */
export const raisedElsewhere: readonly ProtocolCode[] = [
  'TEXT_FRAME',
  'BAD_TOKEN',
  'BAD_ORIGIN',
  'RUN_FULL',
  'BANNED',
  'REPLACED',
  'RUN_OVER',
  'NOT_LENDING',
  'HELLO_MISSING',
  'GREETED_TWICE',
  'NEVER_LEASED',
  'STALE',
  'FUTURE',
  'DIFFERS',
  'WEIGHTS_MISSING',
  'TOO_MANY_LEASES',
  'HELLO_TIMEOUT',
  'TOO_SLOW',
  'TOO_MANY_MESSAGES',
  'TOO_MANY_ERRORS',
  'SILENT',
  'STOPPING',
  'INTERNAL',
];

/** A golden frame with bytes of its body overwritten. */
function spoilt(name: string, at: number, ...bytes: number[]): Uint8Array {
  const body = new Uint8Array((golden(name).message as { body: Uint8Array }).body);
  body.set(bytes, at);
  return changed(name, {}, body);
}
