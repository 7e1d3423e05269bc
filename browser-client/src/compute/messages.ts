/**
 * What the connection's thread asks of one that computes, and its answers. Each call is answered once and in order;
 * bodies are transferred, and weights lie in shared memory where there is one.
 */

import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { ComputeRun, ComputeTask } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';

/** New weights, and the version whose place they take. */
export interface NewWeights {
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly replaces: number | undefined;
}

export type Call =
  /** Take the known-answer test. Value: its answer, in hex. */
  | { readonly type: 'prepare'; readonly module: KernelModule }
  /** Make room for a run. Value: nothing. */
  | { readonly type: 'open'; readonly run: ComputeRun }
  /** Value: {@link Computed}. */
  | { readonly type: 'compute'; readonly task: ComputeTask; readonly weights: NewWeights | undefined };

export type Answer =
  | { readonly type: 'done'; readonly value: string | Computed | undefined }
  /** It threw. `isMemory` where the machine has too little of it. */
  | { readonly type: 'failed'; readonly sentence: string; readonly isMemory: boolean };
