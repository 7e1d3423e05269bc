/** Frames mutated from the golden ones: nothing but a ProtocolError comes out, and no memory goes in. */

import { encodeFrame, type Header } from '@hivegrad/shared/protocol/codec';
import { ProtocolError } from '@hivegrad/shared/protocol/errors';
import { expect, it } from 'vitest';
import { type GoldenFrame, goldenFrames, goldenShape, parseFrame } from './frames.ts';
import { framed, golden, partsOf } from './hostile.ts';

const SEED = Number(process.env.HIVEGRAD_FUZZ_SEED ?? 1);
const FRAMES = Number(process.env.HIVEGRAD_FUZZ_FRAMES ?? 20_000);

/** mulberry32, a small generator of uniform u32, so that a seed repeats a run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) % below;
  };
}

const strange: readonly unknown[] = [
  ...[
    0,
    -1,
    1,
    255,
    256,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e308,
    -1e308,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ],
  ...['', 'x', '\u0000', '\ud800', '<b>', '../..', 'f'.repeat(64), 'name'.repeat(50), '__proto__', 'user'],
  ...[null, true, false, [], {}, [1], { kind: 'u8' }, { type: 'dense' }],
];

const all = goldenFrames();
const keys = [...new Set(all.flatMap(({ message }) => Object.keys(message))), 'extra', 'constructor'];

/** Another value at one place of the header, at any depth. */
function withStrangeValue(value: unknown, draw: (below: number) => number): unknown {
  const isContainer = typeof value === 'object' && value !== null;
  if (!isContainer || draw(3) === 0) return strange[draw(strange.length)];
  const entries = Object.entries(value);
  if (entries.length === 0) return value;
  const at = draw(entries.length);
  const [key, inner] = entries[at]!;
  entries[at] = [key, withStrangeValue(inner, draw)];
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

/** A change of what the header says, which the codec lets pass; the body may change its length. */
function mutatedHeader(original: GoldenFrame, draw: (below: number) => number): Uint8Array {
  const { header, body } = partsOf(original);
  const changedHeader: Record<string, unknown> = { ...header };
  const key = Object.keys(header)[draw(Object.keys(header).length)]!;
  const kind = draw(8);
  if (kind === 0) delete changedHeader[key];
  else if (kind === 1) changedHeader[keys[draw(keys.length)]!] = strange[draw(strange.length)];
  else changedHeader[key] = withStrangeValue(changedHeader[key], draw);
  const bodyBytes = draw(4) === 0 ? draw(64) : (body?.length ?? 0);
  const otherBody = new Uint8Array(bodyBytes);
  if (body !== undefined) otherBody.set(body.subarray(0, bodyBytes));
  return encodeFrame(changedHeader as Header, otherBody);
}

/** A change of bytes anywhere: flipped, cut, doubled, or spliced with another frame. */
function mutatedBytes(original: GoldenFrame, draw: (below: number) => number): Uint8Array {
  const frame = new Uint8Array(original.frame);
  switch (draw(4)) {
    case 0:
      for (let flips = 1 + draw(4); flips > 0; flips--) frame[draw(frame.length)]! ^= 1 << draw(8);
      return frame;
    case 1:
      return frame.subarray(0, draw(frame.length));
    case 2: {
      const other = all[draw(all.length)]!.frame;
      return Uint8Array.of(...frame.subarray(0, draw(frame.length)), ...other.subarray(draw(other.length)));
    }
    default:
      frame[4 + draw(Math.min(60, frame.length - 4))] = [0xc1, 0xc7, 0xd4, 0xdd, 0xdf, 0xdb, 0x80, 0x90][
        draw(8)
      ]!;
      return frame;
  }
}

it('answers every mutated frame with a message or a coded error, and a third of them behind the codec', () => {
  const draw = generator(SEED);
  let messages = 0;
  let behindCodec = 0;
  for (let i = 0; i < FRAMES; i++) {
    const original = all[draw(all.length)]!;
    const frame = draw(2) === 0 ? mutatedHeader(original, draw) : mutatedBytes(original, draw);
    const direction = draw(8) === 0 ? (draw(2) === 0 ? 'worker' : 'run') : original.direction;
    try {
      parseFrame(direction, frame, original.shape);
      messages++;
      behindCodec++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw new Error(`seed ${SEED}, frame ${i}: ${Buffer.from(frame).toString('hex')}`, { cause: error });
      }
      if (!/^(?:FRAME|HEADER|PADDING)_/.test(error.code)) behindCodec++;
    }
  }
  expect(behindCodec).toBeGreaterThan(FRAMES / 3);
  expect(messages).toBeGreaterThan(FRAMES / 50);
});

const shape = goldenShape('bytes');

it.each([
  ['maps that say 4 billion', 'dfffffffff'],
  ['lists that say 4 billion', '81a161ddffffffff'],
  ['strings that say 4 billion', '81a161dbffffffff'],
  ['extensions that say 4 billion', '81a161c9ffffffff01'],
  ['a kilobyte of empty maps', `81a161dc03e8${'80'.repeat(1000)}`],
  ['a thousand lists inside each other', `81a161${'91'.repeat(1000)}c0`],
  ['a thousand maps inside each other', '81a161'.repeat(300)],
  ['a record that defines itself', '81a161d47240'],
  ['a set of the decoder', '81a161c70673730100'],
  ['an error of the decoder', '81a161d665900000'],
])('refuses %s', (_what, header) => {
  const frame = framed(header);
  for (const direction of ['worker', 'run'] as const) {
    const before = process.memoryUsage();
    for (let i = 0; i < 500; i++) {
      expect(() => parseFrame(direction, frame, shape)).toThrow(ProtocolError);
    }
    const after = process.memoryUsage();
    // External memory is what a length that is believed would cost; 500 of them would not fit anywhere.
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(
      2_000_000,
    );
  }
});

it('spends less than twice the bytes of a header of a megabyte of empty maps, or of as many levels', () => {
  for (const byte of [0x80, 0x81, 0x91]) {
    const frame = framed(new Uint8Array(1_048_576).fill(byte));
    const before = process.memoryUsage().heapUsed;
    expect(() => parseFrame('run', frame, shape)).toThrow(ProtocolError);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * frame.length);
  }
});

it('leaves the prototypes alone', () => {
  const { frame } = golden('hello');
  parseFrame('worker', frame, shape);
  expect(() => parseFrame('worker', framed('81a95f5f70726f746f5f5f81a474797065c3'), shape)).toThrow(
    ProtocolError,
  );
  expect(({} as Record<string, unknown>).type).toBeUndefined();
});
