import { expect, it } from 'vitest';
import { createArena } from './arena.ts';
import { PADDING_BYTES } from './kernels.ts';

it('gives out addresses on cache lines, in order, each followed by padding of its own', () => {
  const arena = createArena(1);
  const sizes = [0, 1, 63, 64, 65, 1000];
  const addresses = sizes.map((bytes) => arena.allocate(bytes));
  expect(addresses[0]).toBe(64);
  for (const [i, address] of addresses.entries()) {
    expect(address % 64).toBe(0);
    expect(addresses[i + 1] ?? arena.end).toBeGreaterThanOrEqual(address + sizes[i]! + PADDING_BYTES);
  }
  // No more than a line is lost to alignment.
  expect(arena.end).toBeLessThan(64 + sizes.reduce((sum, bytes) => sum + bytes + PADDING_BYTES + 64, 0));
});

it('ends where the last padding ends, and begins where it was told if that is a line', () => {
  const arena = createArena(128);
  expect(arena.end).toBe(128);
  expect(arena.allocate(64)).toBe(128);
  expect(arena.end).toBe(128 + 64 + PADDING_BYTES);
});

it('counts beyond 2^31 and 2^32, so that a plan that is too large says how large it is', () => {
  const arena = createArena(64);
  for (let i = 0; i < 5; i++) arena.allocate(2 ** 30);
  expect(arena.end).toBe(64 + 5 * (2 ** 30 + PADDING_BYTES));
});
