/**
 * Waiting for work that never settles once something else has failed for good. `Promise.race` would do, but each race
 * leaves a reaction behind in the promise that stays pending, so that a run of many steps would fill the memory.
 */

export interface Failure {
  /** What failed first counts. */
  fail(reason: unknown): void;
  /** Settles as `work` does, or rejects with the failure if that comes first. */
  orFailure<T>(work: Promise<T>): Promise<T>;
}

export function createFailure(): Failure {
  const waiting = new Set<(reason: unknown) => void>();
  let failure: { readonly reason: unknown } | undefined;
  return {
    fail(reason) {
      failure ??= { reason };
      for (const reject of waiting) reject(failure.reason);
      waiting.clear();
    },
    orFailure<T>(work: Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure.reason);
        else waiting.add(reject);
        const forget = () => waiting.delete(reject);
        work.then(resolve, reject).then(forget, forget);
      });
    },
  };
}
