/** What goes into a training (settings), what it tells (events), and what comes of it (the result). */

import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { FileSystem } from '../checkpoint/file-system.ts';
import type { BoundConfig } from '../config/bind.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { MemoryParts } from '../data/memory-parts.ts';
import type { FleetSize, Lending } from '../lending/lending.ts';
import type { LendSettings } from '../lending/settings.ts';
import type { Evaluation } from '../metrics/evaluation.ts';
import type { RunEvent, RunResult } from '../run-types.ts';
import type { DataParts, LocalPool, PoolSettings } from '../workers/local-pool.ts';

export interface TrainSettings extends PoolSettings {
  /** Directory of a new run, which follows from its configuration; none keeps the run in memory alone. */
  readonly out?: ((config: ResolvedConfig) => string) | undefined;
  /** Replace the run that is there. */
  readonly force?: boolean | undefined;
  /** Aborting it stops the run gracefully: checkpoint, then the result. */
  readonly stop?: AbortSignal | undefined;
  /** The arrays of data of the kind `memory`. */
  readonly memory?: MemoryParts | undefined;
  /** How the run is lent to workers from outside; absent, only this machine computes. */
  readonly lend?: LendSettings | undefined;
  /** The disk; tests bring one that fails. */
  readonly fs?: FileSystem | undefined;
}

export type TrainEvent =
  /** Something that a person should know, in a sentence. */
  | { readonly type: 'notice'; readonly sentence: string }
  /** The data are there. */
  | { readonly type: 'data'; readonly description: string }
  /** Workers from outside find the run at these addresses, the most useful one first. */
  | { readonly type: 'listening'; readonly urls: readonly string[] }
  /** Who computes besides the local threads has changed; told at most once a second. */
  | ({ readonly type: 'fleet' } & FleetSize)
  /** Training begins, or goes on where `samplesDone` of the epoch are not 0. */
  | {
      readonly type: 'start';
      readonly config: ResolvedConfig;
      readonly model: ModelSpec;
      readonly stepsPerEpoch: number;
      /** Of an epoch. */
      readonly samples: number;
      readonly threads: number;
      readonly directory: string | undefined;
      /** Of the epoch that begins or goes on, counted from 1. */
      readonly epoch: number;
      readonly samplesDone: number;
    }
  | RunEvent;

export interface TrainResult extends RunResult {
  readonly model: ModelSpec;
  /** The final weights, laid out as in a checkpoint. */
  readonly weights: Float32Array;
  readonly stepsPerEpoch: number;
  /** Of the final weights on the test part; absent where the run was stopped. */
  readonly evaluation?: Evaluation;
  readonly directory?: string;
}

/** What the parts of a training need of each other. */
export interface Job {
  readonly pool: LocalPool;
  /** Where the run is lent out. */
  readonly lending: Lending | undefined;
  readonly bound: BoundConfig;
  readonly parts: DataParts;
  readonly dataDigest: string;
  readonly encoding: DataEncoding;
  /** One line that says what was read. */
  readonly description: string;
  readonly settings: TrainSettings;
  readonly fs: FileSystem;
  readonly emit: (event: TrainEvent) => void;
}
