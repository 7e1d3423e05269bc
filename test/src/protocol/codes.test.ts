import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import {
  closeCodeOf,
  codeOfClose,
  codeOfNumber,
  type ProtocolCode,
  ProtocolError,
  protocolErrors,
} from '@hivegrad/shared/protocol/errors';
import { isCleanText } from '@hivegrad/shared/protocol/fields';
import { SENTENCE_LENGTH_MAX } from '@hivegrad/shared/protocol/limits';
import { parseServerMessage } from '@hivegrad/shared/protocol/parse-server';
import { afterRefusal, finalRefusalOf, refusalOf } from '@hivegrad/shared/protocol/refusals';
import { describe, expect, it } from 'vitest';
import { changed } from './hostile.ts';
import { raised, raisedElsewhere, worker } from './offences.ts';

function errorOf(cause: () => unknown): unknown {
  try {
    return cause();
  } catch (error) {
    return error;
  }
}

const codes = Object.keys(protocolErrors) as ProtocolCode[];

describe('the table of codes', () => {
  it('has a case for each code', () => {
    expect([...Object.keys(raised), ...raisedElsewhere].sort()).toEqual([...codes].sort());
  });

  it.each(Object.keys(raised) as ProtocolCode[])('%s is raised', (code) => {
    for (const [i, cause] of raised[code]!.entries()) {
      const error = errorOf(cause);
      expect(error, `case ${i}`).toBeInstanceOf(ProtocolError);
      expect((error as ProtocolError).code, `case ${i}: ${(error as ProtocolError).message}`).toBe(code);
    }
  });

  it('only ever grows: numbers and names are fixed', () => {
    expect(
      Object.fromEntries(codes.map((code) => [code, protocolErrors[code].number])),
    ).toMatchInlineSnapshot(`
      {
        "BAD_ORIGIN": 304,
        "BAD_TEXT": 206,
        "BAD_TOKEN": 303,
        "BANNED": 306,
        "BODY_CONTENT": 208,
        "BODY_LENGTH": 207,
        "CONTRADICTION": 212,
        "DIFFERS": 406,
        "ENGINE_NOT_EXACT": 302,
        "FRAME_TOO_LARGE": 101,
        "FRAME_TRUNCATED": 100,
        "FUTURE": 405,
        "GREETED_TWICE": 401,
        "HEADER_FORBIDDEN_TYPE": 107,
        "HEADER_MALFORMED": 104,
        "HEADER_NOT_CANONICAL": 108,
        "HEADER_TOO_DEEP": 105,
        "HEADER_TOO_LARGE": 102,
        "HEADER_TOO_MANY_VALUES": 106,
        "HELLO_MISSING": 400,
        "HELLO_TIMEOUT": 500,
        "INTERNAL": 506,
        "MISSING_KEY": 203,
        "NEVER_LEASED": 403,
        "NOT_FINITE": 211,
        "NOT_LENDING": 309,
        "NO_SUCH_NODE": 210,
        "NO_SUCH_STEP": 209,
        "OTHER_KERNELS": 301,
        "OTHER_PROTOCOL": 300,
        "OUT_OF_RANGE": 205,
        "PADDING_NOT_ZERO": 103,
        "REPLACED": 307,
        "RUN_FULL": 305,
        "RUN_OVER": 308,
        "SILENT": 504,
        "STALE": 404,
        "STOPPING": 505,
        "TEXT_FRAME": 109,
        "TOO_MANY_ERRORS": 503,
        "TOO_MANY_LEASES": 408,
        "TOO_MANY_MESSAGES": 502,
        "TOO_SLOW": 501,
        "UNKNOWN_KEY": 202,
        "UNKNOWN_TYPE": 200,
        "WEIGHTS_MISSING": 407,
        "WELCOME_MISSING": 402,
        "WRONG_DIRECTION": 201,
        "WRONG_KIND": 204,
      }
    `);
  });

  it.each(codes)('%s reaches the other side as it was raised', (code) => {
    const error = new ProtocolError(code);
    const message = refusalOf(error);
    expect(message.type).toBe(protocolErrors[code].ends ? 'refuse' : 'reject');
    expect(parseServerMessage(encodeMessage(message))).toEqual(message);
    expect(codeOfNumber(message.code)).toBe(code);
    expect(codeOfClose(closeCodeOf(code))).toBe(code);
    expect(closeCodeOf(code)).toBeGreaterThanOrEqual(4100);
    expect(closeCodeOf(code)).toBeLessThanOrEqual(4999);
    expect(afterRefusal(message)).toEqual({ code, again: protocolErrors[code].again });
    expect(parseServerMessage(encodeMessage(finalRefusalOf(error, 5)))).toMatchObject({
      type: 'refuse',
      retryMs: 5,
    });
  });

  it('leaves room for numbers of newer runs, and for close codes of others', () => {
    expect(afterRefusal({ code: 998 })).toEqual({ again: 'later' });
    expect([1000, 1006, 1009, 4000, 4999].map(codeOfClose)).toEqual(Array(5).fill(undefined));
  });

  it('never shows a stranger text that is long or cannot be shown, nor what may be a secret', () => {
    const evil = `\u202e<script>\u0000${'x'.repeat(200)}`;
    const secret = 'A'.repeat(64);
    const frames = [
      changed('finish', { type: evil }),
      changed('finish', { [evil]: 1 }),
      changed('pause', { reason: evil }),
      changed('hello', { identity: secret }),
    ];
    for (const frame of frames) {
      const { message } = errorOf(worker(frame)) as Error;
      expect(isCleanText(message, SENTENCE_LENGTH_MAX), message).toBe(true);
      expect(message).not.toContain(secret);
    }
  });
});
