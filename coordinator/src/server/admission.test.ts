import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type AdmissionRules, addressOf, isTokenRight, whyNotAdmitted } from './admission.ts';

const rules: AdmissionRules = { origins: [], host: '0.0.0.0', isTls: false, trustProxy: false };
const page = (origin: string, host: string) => ({ origin, host, 'sec-websocket-protocol': 'hivegrad' });

describe('an upgrade', () => {
  it('of a program without an Origin is admitted', () => {
    expect(whyNotAdmitted({ host: 'a:1' }, rules)).toBeUndefined();
  });

  it('from a name that a stranger may have pointed here is refused, unless it has the token', () => {
    const stranger = page('http://evil.example:8080', 'evil.example:8080');
    expect(whyNotAdmitted(stranger, rules)).toBe('BAD_ORIGIN');
    expect(whyNotAdmitted(stranger, { ...rules, origins: ['http://evil.example:8080'] })).toBeUndefined();
    const withToken = { ...stranger, 'sec-websocket-protocol': 'hivegrad, hivegrad.token.abc' };
    expect(whyNotAdmitted(withToken, { ...rules, token: 'abc' })).toBeUndefined();
    expect(whyNotAdmitted(stranger, { ...rules, token: 'abc' })).toBe('BAD_TOKEN');
  });

  it('from an address, from localhost and from the name of this machine is admitted', () => {
    for (const host of ['192.168.1.5:80', '[fe80::1]:8080', 'localhost:3000', hostname().toLowerCase()]) {
      expect([host, whyNotAdmitted(page(`http://${host}`, host), rules)]).toEqual([host, undefined]);
    }
  });

  it('has the scheme of the server, or the one that a trusted proxy names', () => {
    const secure = { ...page('https://10.0.0.1', '10.0.0.1'), 'x-forwarded-proto': 'https' };
    expect(whyNotAdmitted(secure, rules)).toBe('BAD_ORIGIN');
    expect(whyNotAdmitted(secure, { ...rules, trustProxy: true })).toBeUndefined();
    expect(whyNotAdmitted(secure, { ...rules, isTls: true })).toBeUndefined();
    expect(whyNotAdmitted(page('http://10.0.0.1', '10.0.0.1'), { ...rules, isTls: true })).toBe('BAD_ORIGIN');
  });

  it('with two tokens has none', () => {
    const two = { 'sec-websocket-protocol': 'hivegrad, hivegrad.token.abc, hivegrad.token.abd' };
    expect(whyNotAdmitted(two, { ...rules, token: 'abc' })).toBe('BAD_TOKEN');
  });
});

it('a token is right if it is the same', () => {
  expect(isTokenRight(undefined, undefined)).toBe(true);
  expect(isTokenRight('anything', undefined)).toBe(true);
  expect(isTokenRight('abc', 'abc')).toBe(true);
  expect(isTokenRight('abcd', 'abc')).toBe(false);
  expect(isTokenRight(undefined, 'abc')).toBe(false);
});

it('an address comes from a proxy only where it is trusted, and only the last of its list', () => {
  const headers = { 'x-forwarded-for': '1.2.3.4, 5.6.7.8' };
  expect(addressOf(headers, '10.0.0.1', false)).toBe('10.0.0.1');
  expect(addressOf(headers, '10.0.0.1', true)).toBe('5.6.7.8');
  expect(addressOf({ 'x-forwarded-for': '1.2.3.4, <b>' }, '10.0.0.1', true)).toBe('10.0.0.1');
  expect(addressOf({}, undefined, true)).toBe('unknown');
});
