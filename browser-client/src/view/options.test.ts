import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const MEGABYTE = 1_048_576;

describe('readOptions', () => {
  it('finds the socket beside the page, whatever stands before and behind it', () => {
    const socketOf = (address: string) => readOptions(address, 4).socketUrl;
    expect(socketOf('http://127.0.0.1:8080/')).toBe('ws://127.0.0.1:8080/socket');
    expect(socketOf('https://a.org/hive/?cache=1#token=x')).toBe('wss://a.org/hive/socket');
    expect(socketOf('https://a.org/hive/index.html')).toBe('wss://a.org/hive/socket');
  });

  it('takes the token from behind the #, and only what can be one', () => {
    const tokenOf = (hash: string) => readOptions(`http://a/${hash}`, 4).token;
    expect(tokenOf('#token=a.b-c')).toBe('a.b-c');
    for (const hash of ['', '#', '#token=', '#token=a%20b', '#other=a', '?token=a']) {
      expect(tokenOf(hash)).toBe(undefined);
    }
  });

  it('has room for 256 MB of rows, or for as many as are asked for', () => {
    const cacheOf = (query: string) => readOptions(`http://a/${query}`, 4).cacheBytes;
    expect(cacheOf('')).toBe(256 * MEGABYTE);
    expect(cacheOf('?cache=0.5')).toBe(MEGABYTE / 2);
    expect(cacheOf('?cache=0')).toBe(0);
    expect(cacheOf('?cache=1e12')).toBe(2 ** 40);
    for (const wrong of ['-1', 'much', '', 'Infinity']) {
      expect(cacheOf(`?cache=${wrong}`)).toBe(256 * MEGABYTE);
    }
  });

  it('leaves one core to the person, unless they say otherwise', () => {
    const threadsOf = (query: string, cores?: number) => {
      const { threads, threadsMax } = readOptions(`http://a/${query}`, cores);
      return [threads, threadsMax];
    };
    expect(threadsOf('', 8)).toEqual([7, 8]);
    expect(threadsOf('', 1)).toEqual([1, 1]);
    expect(threadsOf('')).toEqual([1, 1]);
    expect(threadsOf('?threads=8', 8)).toEqual([8, 8]);
    expect(threadsOf('?threads=99', 8)).toEqual([8, 8]);
    expect(threadsOf('?threads=0', 8)).toEqual([1, 8]);
    expect(threadsOf('?threads=2.9', 8)).toEqual([2, 8]);
  });
});
