import { describe, expect, it } from 'vitest';
import { missingNeeds } from './needs.ts';

describe('missingNeeds', () => {
  const complete = { Worker: {}, WebSocket: {}, WebAssembly: {} };

  it('is empty for a browser that has everything', () => {
    expect(missingNeeds(complete)).toEqual([]);
  });

  it('names what is missing, in a fixed order', () => {
    const { WebSocket: _socket, Worker: _worker, ...scope } = complete;
    expect(missingNeeds(scope)).toEqual(['Worker', 'WebSocket']);
  });
});
