import { expect, it } from 'vitest';
import { openTabStorage } from './storage.ts';

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

it('keeps the identity and whether the tab was computing, and forgets them when told', () => {
  const kept = memory();
  const open = () => openTabStorage(() => kept);
  expect([open().identity(), open().wasComputing()]).toEqual([undefined, false]);
  open().keepIdentity('secret');
  open().keepComputing(true);
  expect([open().identity(), open().wasComputing()]).toEqual(['secret', true]);
  open().keepIdentity(undefined);
  open().keepComputing(false);
  expect([open().identity(), open().wasComputing()]).toEqual([undefined, false]);
});

it('keeps nothing where the browser refuses storage', () => {
  const storage = openTabStorage(() => {
    throw new Error('blocked');
  });
  storage.keepIdentity('secret');
  storage.keepComputing(true);
  expect([storage.identity(), storage.wasComputing()]).toEqual([undefined, false]);
});
