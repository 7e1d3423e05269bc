import { encodeMessage, floatsOf, wordsOf } from '@hivegrad/shared/protocol/codec';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { clientTypes, serverTypes } from '@hivegrad/shared/protocol/tables';
import { describe, expect, it } from 'vitest';
import { goldenFrames, parseFrame } from './frames.ts';

const frames = goldenFrames();

describe('golden frames', () => {
  it('show every message of both directions', () => {
    const shown = (direction: string) =>
      new Set(frames.filter((golden) => golden.direction === direction).map(({ message }) => message.type));
    expect([...shown('worker')].sort()).toEqual(Object.keys(clientTypes).sort());
    expect([...shown('run')].sort()).toEqual(Object.keys(serverTypes).sort());
  });

  it.each(frames)('$name means what it always meant', ({ direction, frame, shape, message }) => {
    expect(parseFrame(direction, frame, shape)).toEqual(message);
  });

  it.each(frames)('$name is written as it always was', ({ message, frame }) => {
    expect(Buffer.from(encodeMessage(message)).toString('hex')).toBe(Buffer.from(frame).toString('hex'));
  });

  it('parse at any address, as small frames arrive', () => {
    for (const { direction, frame, shape, message } of frames) {
      for (const offset of [1, 3, 4]) {
        const pool = Buffer.alloc(frame.length + offset, 0xee);
        pool.set(frame, offset);
        expect(parseFrame(direction, pool.subarray(offset), shape)).toEqual(message);
      }
    }
  });

  it('give the same floats at any address of a Buffer, whose slices are views', () => {
    const bytes = new Uint8Array(Float32Array.of(1.5, -0, 1e-45).buffer);
    for (const offset of [0, 1, 2, 4]) {
      const pool = Buffer.alloc(12 + offset, 0xff);
      pool.set(bytes, offset);
      expect(floatsOf(pool.subarray(offset))).toEqual(Float32Array.of(1.5, -0, 1e-45));
      expect(wordsOf(pool.subarray(offset))).toEqual(Uint32Array.of(0x3fc00000, 0x80000000, 1));
    }
  });

  it('need a welcome first, unless they are one or refuse', () => {
    const early = frames.filter((golden) => {
      if (golden.direction !== 'run') return false;
      try {
        parseServerMessage(golden.frame);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'WELCOME_MISSING' });
        return false;
      }
    });
    expect([...new Set(early.map(({ message }) => message.type))].sort()).toEqual([
      'refuse',
      'reject',
      'welcome',
    ]);
  });
});
