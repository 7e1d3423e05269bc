import { describe, expect, it } from 'vitest';
import { type BrowserScope, whyNotSupported } from './support.ts';

/** Node has all that is asked for but sockets on its oldest version, and workers of the Web. */
const complete = {
  Worker: {},
  WebSocket: {},
  WebAssembly: Reflect.get(globalThis, 'WebAssembly'),
} as Required<BrowserScope>;
const { WebAssembly } = complete;

describe('whyNotSupported', () => {
  it('finds nothing lacking in an engine that has everything', () => {
    expect(whyNotSupported(complete)).toBe(undefined);
  });

  it.each([
    ['Web Workers', { ...complete, Worker: undefined }],
    ['WebSocket', { ...complete, WebSocket: undefined }],
    ['WebAssembly', { Worker: {}, WebSocket: {} }],
    ['WebAssembly SIMD', { ...complete, WebAssembly: { ...WebAssembly, validate: () => false } }],
    [
      'WebAssembly that this page may use',
      {
        ...complete,
        WebAssembly: {
          Memory: WebAssembly.Memory,
          validate: () => {
            throw new Error('refused by policy');
          },
        },
      },
    ],
    [
      'WebAssembly threads',
      {
        ...complete,
        WebAssembly: {
          validate: () => true,
          Memory: class {
            constructor() {
              throw new TypeError('shared');
            }
          },
        },
      },
    ],
  ])('names %s where it is lacking', (name, scope) => {
    expect(whyNotSupported(scope as BrowserScope)).toMatch(
      new RegExp(`^This browser has no ${name}, so it cannot`),
    );
  });
});
