/**
 * The port `Compute` over one thread, this one: each node is computed at once and told a moment later. For tests, for
 * machines that give no threads, and as the plainest example of an adapter.
 */

import { answerOf, openComputeThread, type ThreadOptions } from './compute.ts';
import type { Compute } from './ports.ts';

export interface ComputeHereOptions extends ThreadOptions {
  /** SHA-256 of `kernels.wasm`, in hex. */
  readonly kernelsHash: string;
}

export function computeHere(options: ComputeHereOptions): Compute {
  return {
    setThreads: () => 1,
    prepare: () => attempt(() => ({ kernels: options.kernelsHash, answer: answerOf(options) })),
    open: (run) =>
      attempt(() => {
        const thread = openComputeThread(run, options);
        return {
          setWeights: thread.setWeights,
          compute: (task) => attempt(() => thread.compute(task)),
          // Nothing is ever under way when anybody could say so.
          abort: () => {},
          close: () => {},
        };
      }),
  };
}

/** The outcome of a call as a promise, which is rejected where the call throws. */
function attempt<T>(call: () => T): Promise<T> {
  return Promise.resolve().then(call);
}
