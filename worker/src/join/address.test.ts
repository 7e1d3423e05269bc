import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';

describe('the address of a run', () => {
  it.each([
    ['http://192.168.1.5:8080/', 'ws://192.168.1.5:8080/socket', undefined],
    ['http://192.168.1.5:8080/#token=a.b~c', 'ws://192.168.1.5:8080/socket', 'a.b~c'],
    ['http://[::1]:8080/#token=t', 'ws://[::1]:8080/socket', 't'],
    ['https://train.example.org/#token=t', 'wss://train.example.org/socket', 't'],
    ['https://train.example.org', 'wss://train.example.org/socket', undefined],
    ['ws://127.0.0.1:8080/socket', 'ws://127.0.0.1:8080/socket', undefined],
    ['wss://train.example.org:444/socket', 'wss://train.example.org:444/socket', undefined],
    ['localhost:8080', 'ws://localhost:8080/socket', undefined],
    ['localhost:8080/#token=t', 'ws://localhost:8080/socket', 't'],
    ['[::1]:8080', 'ws://[::1]:8080/socket', undefined],
  ])('%s is taken as %s', (text, socketUrl, token) => {
    const { host } = new URL(socketUrl);
    expect(parseAddress(text)).toEqual({ socketUrl, shown: host, ...(token !== undefined && { token }) });
  });

  it('gives way to a token of its own', () => {
    expect(parseAddress('http://a:1/#token=old', 'new')).toMatchObject({ token: 'new' });
  });

  it.each([
    ['', 'it has neither http:// nor a port'],
    ['localhost', 'it has neither http:// nor a port'],
    ['ftp://a:1/', 'ftp:// is no way to a run'],
    ['http://a b:1/', 'it cannot be read'],
    ['localhost:99999', 'it cannot be read'],
    ['http://anna@a:1/', 'it has a user name or a password'],
    ['http://a:1/?x=1', 'it has a question mark'],
    ['http://a:1/metrics', 'a run has nothing at the path /metrics'],
    ['http://a:1/#t=1', 'behind the # stands no token'],
  ])('is refused where it is %j', (text, why) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'JOIN_ADDRESS',
        message: expect.stringContaining(`: ${why}. Give it as the run prints it`),
      }),
    );
  });

  it.each(['', 'a b', 'a/b', 'x'.repeat(129)])('has no token that reads %j', (token) => {
    expect(() => parseAddress('a:1', token)).toThrow(/^The token has to be 1 to 128 letters/);
  });

  it('is repeated in a sentence without its secrets', () => {
    expect(() => parseAddress('http://anna:secret@a:1/#token=secret')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});
