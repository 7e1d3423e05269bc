import { expect, it } from 'vitest';
import { newCacheId, secretsInMemory } from './machine.ts';

it('an identity is kept until it is forgotten, for its worker alone', () => {
  const [one, other] = [secretsInMemory(), secretsInMemory()];
  one.keepIdentity('a');
  expect([one.identity(), other.identity()]).toEqual(['a', undefined]);
  one.keepIdentity(undefined);
  expect(one.identity()).toBeUndefined();
});

it('each cache has a name of its own', () => {
  const ids = Array.from({ length: 100 }, newCacheId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});
