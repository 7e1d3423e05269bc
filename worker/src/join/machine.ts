/** What a worker's life asks of this machine besides sockets and threads: time, chance, and what outlives a process. */

import { randomBytes } from 'node:crypto';
import type { Chance, Clock, Secrets } from '@hivegrad/shared/peer/ports';
import { CACHE_ID_DIGITS } from '@hivegrad/shared/protocol/limits';

/** Monotonic. A wait keeps the process alive: a worker that waits for its run has nothing else. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export const processChance: Chance = { uniform: () => Math.random() };

/** The name of a new cache of rows. */
export function newCacheId(): string {
  return randomBytes(CACHE_ID_DIGITS / 2).toString('hex');
}

/** For one life: a new process is a new worker, without the rows of the one before. */
export function secretsInMemory(): Secrets {
  let kept: string | undefined;
  return {
    identity: () => kept,
    keepIdentity(identity) {
      kept = identity;
    },
  };
}
