import { describe, expect, it } from 'vitest';
import { isToken, offeredSubprotocols, readOffer } from './upgrade.ts';

describe('the offer of an upgrade', () => {
  it('carries the protocol and a token', () => {
    expect(readOffer(offeredSubprotocols('a.B~9_-').join(', '))).toEqual({ isOurs: true, token: 'a.B~9_-' });
    expect(readOffer(offeredSubprotocols().join(','))).toEqual({ isOurs: true });
  });

  it('of somebody else is told from ours', () => {
    expect(readOffer(undefined)).toEqual({ isOurs: false });
    expect(readOffer('graphql-ws, hivegrad2')).toEqual({ isOurs: false });
  });

  it('with two tokens, a bad one or one that is too long has none', () => {
    expect(readOffer('hivegrad, hivegrad.token.a, hivegrad.token.b')).toEqual({ isOurs: true });
    expect(readOffer('hivegrad, hivegrad.token.')).toEqual({ isOurs: true });
    expect(readOffer('hivegrad, hivegrad.token.a b')).toEqual({ isOurs: true });
    expect(readOffer(`hivegrad, hivegrad.token.${'x'.repeat(129)}`)).toEqual({ isOurs: true });
    expect(readOffer(`hivegrad, hivegrad.token.${'x'.repeat(128)}`).token).toHaveLength(128);
    expect(readOffer(`${'x,'.repeat(100_000)}hivegrad`)).toEqual({ isOurs: false });
  });

  it('takes tokens that need no escape anywhere', () => {
    expect(isToken('')).toBe(false);
    expect(isToken('é')).toBe(false);
    expect(isToken('a/b')).toBe(false);
    expect(isToken('Zm9v-_.~')).toBe(true);
  });
});
