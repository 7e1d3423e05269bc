import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitsOfFloat,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  floatOfBits,
  floatsOf,
  isFiniteBody,
  openFrame,
  wordsOf,
} from './codec.ts';
import type { Message } from './messages.ts';
import { parseClientMessage } from './parse-client.ts';
import { parseServerMessage } from './parse-server.ts';
import { exampleShape } from './protocol.test.support.ts';

const limits = { headerBytesMax: 65_536, depthMax: 4, valuesMax: 8192, frameBytesMax: 1_000_000 };

describe('frames', () => {
  it('are a length, a header, zeros and a body at a multiple of 8', () => {
    expect([...encodeFrame({ a: 1 }, Uint8Array.of(9, 8))]).toEqual([
      ...[4, 0, 0, 0, 0x81, 0xa1, 0x61, 1],
      ...[9, 8],
    ]);
    expect([...encodeFrame({ ab: 1 })]).toEqual([5, 0, 0, 0, 0x81, 0xa2, 0x61, 0x62, 1, ...Array(7).fill(0)]);
  });

  it('give back every plain header and every body, at every address', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const leaf = fc.oneof(text, fc.integer(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
    const number = fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
    const value = fc.oneof(leaf, number, fc.array(leaf, { maxLength: 8 }));
    const key = fc.string({ minLength: 1, maxLength: 40 }).filter((name) => !/^\d|^__proto__$/.test(name));
    const header = fc.dictionary(key, value, { maxKeys: 20, noNullPrototype: true });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 100 }), fc.nat(7), (given, body, offset) => {
        const frame = encodeFrame(given, body);
        const pool = new Uint8Array(frame.length + offset).fill(0xee);
        pool.set(frame, offset);
        const decoded = decodeFrame(pool.subarray(offset), limits);
        expect(decoded).toEqual({ header: given, body });
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('can be filled after they were made, and take bytes of shared memory', () => {
    const { frame, body } = openFrame({ type: 'weights', version: 1 }, 8);
    body.set([1, 2, 3, 4, 5, 6, 7, 8]);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    shared.set(body);
    expect(encodeFrame({ type: 'weights', version: 1 }, shared)).toEqual(frame);
    expect(frame.buffer).toBeInstanceOf(ArrayBuffer);
    expect(frame.byteLength).toBe(frame.buffer.byteLength);
  });
});

describe('bodies', () => {
  it('are floats and words at any address', () => {
    const values = Float32Array.of(1.5, -0, 1e-45);
    for (const offset of [0, 1, 2, 4]) {
      const pool = new Uint8Array(12 + offset).fill(0xff);
      pool.set(new Uint8Array(values.buffer), offset);
      expect(floatsOf(pool.subarray(offset))).toEqual(values);
      expect(wordsOf(pool.subarray(offset))).toEqual(new Uint32Array(values.buffer));
    }
  });

  it('tell whether all of their floats are numbers', () => {
    const bytesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
    expect(isFiniteBody(bytesOf(0, -3.4028234e38, 1e-45))).toBe(true);
    expect(isFiniteBody(bytesOf(0, Number.NEGATIVE_INFINITY, 1))).toBe(false);
    expect(isFiniteBody(bytesOf(Number.NaN))).toBe(false);
  });

  it('keep the bits of a loss, the sign of a zero among them', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(floatOfBits(bitsOfFloat(value))).toBe(value);
      }),
      { seed: 5 },
    );
    expect(bitsOfFloat(-0)).toBe(0x80000000);
    expect(floatOfBits(0x3f800000)).toBe(1);
  });
});

describe('messages', () => {
  const step = fc.nat(exampleShape.epochs * 3 - 1);
  const gradient = fc.uint8Array({
    minLength: exampleShape.parameters * 4,
    maxLength: exampleShape.parameters * 4,
  });
  const hex = (digits: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });

  const fromWorker: fc.Arbitrary<Message> = fc.oneof(
    fc.record({
      type: fc.constant('result' as const),
      step,
      level: fc.constant(0),
      index: fc.constant(0),
      lossBits: fc.float({ noNaN: true, noDefaultInfinity: true }).map(bitsOfFloat),
      correct: fc.nat(2),
      computeUs: fc.nat(),
      body: gradient,
    }),
    fc.record({ type: fc.constant('resume' as const), threads: fc.integer({ min: 1, max: 1024 }) }),
    fc.record(
      {
        type: fc.constant('hello' as const),
        protocol: fc.constant(1),
        kernels: hex(64),
        answer: hex(64),
        agent: fc.constantFrom('node' as const, 'browser' as const),
        threads: fc.integer({ min: 1, max: 1024 }),
        cacheId: hex(32),
        rowBytesMax: fc.nat(),
        identity: hex(64),
        name: fc.constantFrom('', 'Ada', 'Łukasz', '山田', "'; drop table --", '👩‍💻'),
      },
      {
        requiredKeys: ['type', 'protocol', 'kernels', 'answer', 'agent', 'threads', 'cacheId', 'rowBytesMax'],
        noNullPrototype: true,
      },
    ),
  );
  const fromRun: fc.Arbitrary<Message> = fc.oneof(
    fc.record(
      {
        type: fc.constant('weights' as const),
        version: fc.nat(),
        digest: hex(64),
        body: gradient,
      },
      { requiredKeys: ['type', 'version', 'body'], noNullPrototype: true },
    ),
    fc.record(
      {
        type: fc.constant('status' as const),
        epoch: fc.nat(),
        step: fc.nat(),
        loss: fc.float({ noNaN: true, noDefaultInfinity: true }).filter((loss) => !Object.is(loss, -0)),
        browsers: fc.nat(1000),
        machines: fc.nat(1000),
        localThreads: fc.nat(1000),
        samplesPerSecond: fc.nat(),
      },
      {
        requiredKeys: ['type', 'epoch', 'step', 'browsers', 'machines', 'localThreads', 'samplesPerSecond'],
        noNullPrototype: true,
      },
    ),
  );

  it('come out of the parser as they went into the codec', () => {
    fc.assert(
      fc.property(fromWorker, (message) => {
        expect(parseClientMessage(encodeMessage(message), exampleShape)).toEqual(message);
      }),
      { seed: 6, numRuns: 300 },
    );
    fc.assert(
      fc.property(fromRun, (message) => {
        expect(parseServerMessage(encodeMessage(message), exampleShape)).toEqual(message);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
