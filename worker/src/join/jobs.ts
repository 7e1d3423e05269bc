/** What the threads of a joined worker are asked and what they answer; posted from thread to thread as it stands here. */

import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { ComputeRun, ComputeTask } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';

/** The kernels that threads compute with. */
export interface ThreadEngine {
  readonly module: KernelModule;
  /** Whether threads use the wide tile; `module` was compiled for it. */
  readonly wide: boolean;
}

/** A run that is computed for. A thread keeps the one that it was asked about last. */
export interface ThreadRun {
  /** Never used twice in a process. */
  readonly id: number;
  readonly run: ComputeRun;
}

/** Weights that all threads read. They stay as they are for as long as a job that names them is under way. */
export interface SharedWeights {
  readonly version: number;
  /** float32 [parameters]. */
  readonly body: Uint8Array<SharedArrayBuffer>;
}

/** What a thread is asked. Each job has all that it needs, so any thread can do it, also one that has just begun. */
export type ThreadJob =
  /** The known-answer test. */
  | { readonly kind: 'answer'; readonly engine: ThreadEngine }
  /** Takes the memory that a run needs. */
  | { readonly kind: 'open'; readonly engine: ThreadEngine; readonly of: ThreadRun }
  | {
      readonly kind: 'compute';
      readonly engine: ThreadEngine;
      readonly of: ThreadRun;
      readonly weights: SharedWeights;
      readonly task: ComputeTask;
    };

export type ThreadReply =
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'opened' }
  | Computed
  /** The thread failed the known-answer test and did nothing. */
  | { readonly kind: 'inexact' }
  /** The machine does not have the memory that the run needs; what it said. */
  | { readonly kind: 'noMemory'; readonly message: string };
