import { expect, it } from 'vitest';
import { cachesMax } from './settings.ts';

it('Which rows a cache has is remembered of ten thousand, but in no more than 256 MiB', () => {
  expect([60_000, 400_000, 10_000_000, 4_000_000_000].map((samples) => cachesMax({ samples }))).toEqual([
    10_000, 5_368, 214, 1,
  ]);
});
