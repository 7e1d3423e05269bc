/** What the threads of a pool share, posted to each of them when it starts. */

import type { Dataset } from '@hivegrad/shared/data/dataset';
import type { KernelMemory, KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { ControlSize } from './control.ts';
import type { Layout, TrainingSpec } from './layout.ts';

/** `simd`: the WebAssembly module; `plain`: its TypeScript twin, the same bits many times slower. */
export type Engine = 'simd' | 'plain';

/** The sums of one step: over its samples, not means. */
export interface StepSums {
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
}

/** What a pool can train on, evaluate and answer. Without a part to train on it only evaluates and answers. */
export interface DataParts {
  readonly train?: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/** Everything that the threads of a pool share; posted to each of them. */
export interface Shared {
  readonly engine: Engine;
  readonly module: KernelModule;
  /** Whether threads use the wide tile; `module` was compiled for it. */
  readonly wide: boolean;
  readonly memory: KernelMemory;
  readonly control: SharedArrayBuffer;
  readonly controlSize: ControlSize;
  readonly layout: Layout;
  readonly spec: TrainingSpec;
  readonly parts: DataParts;
  /** u32: the order in which the present epoch visits the training samples. */
  readonly order: SharedArrayBuffer;
  /** { loss: f32, correct: u32 } of each step of the present job. */
  readonly stepSums: SharedArrayBuffer;
  /** float32 [samples of a prediction][outputs]: what a prediction answers. */
  readonly answers: SharedArrayBuffer;
  /** Whether columns of zeros are left out where weights are finite. */
  readonly skipZeros: boolean;
  /**
   * i32 for each of the two versions of the weights: 1 where it was set to weights that are not all finite. A version
   * that training made is used only if it is finite.
   */
  readonly notFinite: SharedArrayBuffer;
  /**
   * i32: of the nodes that threads compute for a round { slot, level, index } each, or the words of the order in which
   * its slots are added.
   */
  readonly round: SharedArrayBuffer;
  /** Turns of the loop that a thread spins for before it sleeps. */
  readonly spins: number;
}
