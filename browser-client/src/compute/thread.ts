/**
 * The handle of one thread that computes. Calls are promises, settled in their order; all of them are rejected when the
 * thread breaks, and none is settled after `terminate`. It remembers which weights the thread holds.
 */

import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { ComputeRun, ComputeTask } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';
import type { Port } from '../worker-scope.ts';
import type { Answer, Call, NewWeights } from './messages.ts';

/** The versions of the weights that a session has at present. */
export type Versions = ReadonlyMap<number, Uint8Array>;

export interface Thread {
  /** Calls that are not answered. */
  pending(): number;
  prepare(module: KernelModule): Promise<string>;
  open(run: ComputeRun): Promise<void>;
  /** Takes the rows of the task over, and brings the weights along where the thread lacks them. */
  compute(task: ComputeTask, versions: Versions): Promise<Computed>;
  terminate(): void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export function openThread(port: Port<Call, Answer>): Thread {
  const waiting: Waiting[] = [];
  let held: readonly number[] = [];
  let obstacle: string | undefined;

  const call = <T>(message: Call, transfer: readonly Transferable[] = []): Promise<T> =>
    new Promise((resolve, reject) => {
      if (obstacle !== undefined) {
        reject(new Error(obstacle));
        return;
      }
      waiting.push({ resolve, reject });
      port.post(message, transfer);
    });
  const newWeights = (version: number, versions: Versions): NewWeights | undefined => {
    if (held.includes(version)) return undefined;
    // The session has two versions, so of two that are here and are not this one, one is stale.
    const replaces = held.length < 2 ? undefined : held.find((other) => !versions.has(other));
    held = [...held.filter((other) => other !== replaces), version];
    return { version, bytes: versions.get(version)!, replaces };
  };

  port.listen({
    message(answer) {
      // A thread that broke may say more; nobody waits for it.
      if (obstacle !== undefined) return;
      const { resolve, reject } = waiting.shift()!;
      if (answer.type === 'done') resolve(answer.value as never);
      else reject(answer.isMemory ? new RangeError(answer.sentence) : new Error(answer.sentence));
    },
    broken(sentence) {
      obstacle = sentence;
      for (const { reject } of waiting.splice(0)) reject(new Error(sentence));
    },
  });

  return {
    pending: () => waiting.length,
    prepare: (module) => call({ type: 'prepare', module }),
    open(run) {
      held = [];
      return call({ type: 'open', run });
    },
    compute(task, versions) {
      const { features, targets, weights } = task.rows;
      const message: Call = { type: 'compute', task, weights: newWeights(task.version, versions) };
      return call(message, [features.buffer, targets.buffer, weights.buffer]);
    },
    terminate: () => port.terminate(),
  };
}
