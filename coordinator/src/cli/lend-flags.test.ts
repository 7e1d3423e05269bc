import { describe, expect, it } from 'vitest';
import { lendSettings, parseListen } from './lend-flags.ts';

describe('an address to listen at', () => {
  it('is a port, or a host and a port', () => {
    expect(['8080', '127.0.0.1:80', 'example.org:0', '[::1]:65535'].map(parseListen)).toEqual([
      { host: '0.0.0.0', port: 8080 },
      { host: '127.0.0.1', port: 80 },
      { host: 'example.org', port: 0 },
      { host: '::1', port: 65_535 },
    ]);
  });

  it('is refused in a sentence that shows how to write it', () => {
    for (const text of ['', 'x', '65536', '-1', '80.5', 'a:b', '::1:80', 'http://x:80', '1 2', 'a:b:1']) {
      expect(() => parseListen(text)).toThrow(/such as 8080, or 127\.0\.0\.1:8080/);
    }
  });
});

describe('the flags of a lent run', () => {
  const listen = { host: '0.0.0.0', port: 1 };

  it('become settings, and none where the run is not lent out', () => {
    expect(lendSettings({})).toBeUndefined();
    expect(lendSettings({ listen })).toEqual(listen);
    expect(
      lendSettings({
        listen,
        tlsCert: 'c',
        tlsKey: 'k',
        origin: ['o'],
        token: 't',
        maxWorkers: 3,
        share: 'always',
        audit: 1,
        trustProxy: true,
      }),
    ).toEqual({
      ...listen,
      tls: { certificate: 'c', key: 'k' },
      origins: ['o'],
      token: 't',
      maxWorkers: 3,
      share: 'always',
      audit: 1,
      trustProxy: true,
    });
  });

  it('are refused without --listen, by their names', () => {
    expect(() => lendSettings({ token: 't' })).toThrow('--token is of no use to a run that takes no workers');
    expect(() => lendSettings({ maxWorkers: 1 })).toThrow('--max-workers is of no use');
    expect(() => lendSettings({ audit: 0 })).toThrow('--audit is of no use');
    expect(() => lendSettings({ tlsCert: 'c', tlsKey: 'k' })).toThrow('--tls-cert is of no use');
  });

  it('need the key with the certificate', () => {
    expect(() => lendSettings({ listen, tlsCert: 'c' })).toThrow('--tls-cert and --tls-key belong together');
  });
});
