/**
 * A thread that computes: answers the calls of messages.ts one after the other, in a memory of its own. Where a page may
 * not share memory between threads it may still make one that could be shared, which is what the kernels import.
 */

import { instantiateKernels, type KernelModule } from '@hivegrad/shared/kernels/wasm';
import {
  answerOf,
  type ComputeThread,
  openComputeThread,
  type ThreadOptions,
} from '@hivegrad/shared/peer/compute';
import type { Computed } from '@hivegrad/shared/peer/split';
import type { Scope } from '../worker-scope.ts';
import type { Answer, Call } from './messages.ts';

export interface ServeOptions {
  /** How a compiled module becomes kernels in a memory. */
  readonly bind?: (module: KernelModule) => ThreadOptions['kernels'];
  /** Milliseconds since some moment. */
  readonly nowMs: () => number;
}

export function serve(
  scope: Scope<Call, Answer>,
  { bind = (module) => (memory) => instantiateKernels(module, memory), nowMs }: ServeOptions,
): void {
  let options: ThreadOptions | undefined;
  let thread: ComputeThread | undefined;

  const answer = (call: Call): string | Computed | undefined => {
    switch (call.type) {
      case 'prepare':
        options = { kernels: bind(call.module), nowMs };
        return answerOf(options);
      case 'open':
        // The one before goes first: there may not be room for two.
        thread = undefined;
        thread = openComputeThread(call.run, options!);
        return undefined;
      case 'compute': {
        const { weights, task } = call;
        if (weights !== undefined) thread!.setWeights(weights.version, weights.bytes, weights.replaces);
        // A thread knows no way to abort.
        return thread!.compute(task) as Computed;
      }
    }
  };

  scope.listen((call) => {
    try {
      const value = answer(call);
      const isResult = typeof value === 'object' && value.kind === 'result';
      scope.post({ type: 'done', value }, isResult ? [value.gradient.buffer as ArrayBuffer] : []);
    } catch (error) {
      const sentence = error instanceof Error ? error.message : 'A thread of this page failed.';
      scope.post({ type: 'failed', sentence, isMemory: error instanceof RangeError });
    }
  });
}
