import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { failureOf } from './fixtures.test.support.ts';
import { availableMemory, formatBytes, requireMemory } from './memory.ts';

describe('requireMemory', () => {
  it('refuses more than there is and says both sizes', async () => {
    const at = { path: 'a.npy', what: '[1000 x 2] elements of f4' };
    requireMemory(8000, 8000, at);
    const work = Promise.resolve().then(() => requireMemory(8001, 8000, at));
    expect(await failureOf(work, '/nowhere')).toBe(
      'DATA_TOO_LARGE a.npy does not fit in memory: [1000 x 2] elements of f4 take 7.81 KiB, and there are 7.81 KiB; ' +
        'use fewer rows or columns, or a larger machine.',
    );
  });
});

describe('availableMemory', () => {
  it('is never more than the machine has', () => {
    expect(availableMemory()).toBeGreaterThan(0);
    expect(availableMemory()).toBeLessThanOrEqual(totalmem());
  });
});

describe('formatBytes', () => {
  it('uses the largest unit that keeps the number above 1', () => {
    expect([0, 1023, 1536, 5 * 2 ** 30, 2 ** 62].map(formatBytes)).toEqual([
      '0 bytes',
      '1,023 bytes',
      '1.5 KiB',
      '5 GiB',
      '4 EiB',
    ]);
  });
});
