/**
 * The port `Compute` over Web Workers. A node is cut in about as many pieces as there are threads, so that one node keeps
 * all of them busy. Weights lie once in shared memory where the page may share it, and are copied for each thread where it
 * may not; rows and gradients change hands without a copy everywhere.
 */

import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { Compute, Engine } from '@hivegrad/shared/peer/ports';
import type { Port } from '../worker-scope.ts';
import { createCrew } from './crew.ts';
import { createJobs, type Jobs } from './jobs.ts';
import type { Answer, Call } from './messages.ts';

export interface PoolOptions {
  readonly start: () => Port<Call, Answer>;
  /** The compiled kernels and the SHA-256 of their module. Rejects with an error whose message may be shown. */
  readonly load: () => Promise<{ readonly module: KernelModule; readonly hash: string }>;
  /** Whether memory may be posted to a thread without being copied. */
  readonly sharesMemory: boolean;
  readonly nowMs: () => number;
}

export interface Pool extends Compute {
  /** Nodes at a time: two, so that one is sent while another is computed, or one where the pool has to rest between. */
  setLanes(lanes: 1 | 2): void;
}

export function createPool({ start, load, sharesMemory, nowMs }: PoolOptions): Pool {
  const crew = createCrew(start);
  let lanes = 2;
  let jobs: Jobs | undefined;
  let prepared: Promise<Engine> | undefined;

  /** Sends all threads home; with an error, whoever waits for a node is told. */
  const end = (error?: unknown): void => {
    const ended = jobs;
    jobs = undefined;
    crew.dismissAll();
    ended?.end(error);
  };
  const orEnd = async <T>(task: Promise<T>, isCurrent = () => true): Promise<T> => {
    try {
      return await task;
    } catch (error) {
      if (isCurrent()) end(error);
      throw error;
    }
  };

  const test = async (): Promise<Engine> => {
    const { module, hash } = await load();
    return { kernels: hash, answer: await orEnd(crew.prepare(module)) };
  };

  return {
    setThreads(count) {
      crew.resize(count).then(() => jobs?.giveOut(), end);
      return lanes;
    },
    setLanes(count) {
      lanes = count;
    },
    async prepare() {
      // Who stops and starts again meanwhile asks twice; where it failed it is tried again.
      prepared ??= test();
      try {
        return await prepared;
      } catch (error) {
        prepared = undefined;
        throw error;
      }
    },
    async open(run) {
      jobs?.end();
      const versions = new Map<number, Uint8Array>();
      const own = createJobs({ run, crew, versions, nowMs, onFailed: end });
      jobs = own;
      await orEnd(crew.open(run), () => jobs === own);
      return {
        setWeights(version, weights, replaces) {
          if (replaces !== undefined) versions.delete(replaces);
          versions.set(version, sharesMemory ? inSharedMemory(weights) : weights);
        },
        compute: own.compute,
        abort: own.abort,
        close() {
          // One that has taken its place has the threads now.
          if (jobs === own) end();
        },
      };
    },
  };
}

function inSharedMemory(weights: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(weights.length));
  copy.set(weights);
  return copy;
}
