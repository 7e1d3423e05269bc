/**
 * The threads that compute: as many as are wanted, tested, and open for the present run. More are started and surplus
 * ones leave while work goes on. Invariant: a thread whose known answer differs from that of the others is found out
 * before its first result.
 */

import type { KernelModule } from '@hivegrad/shared/kernels/wasm';
import type { ComputeRun } from '@hivegrad/shared/peer/ports';
import type { Port } from '../worker-scope.ts';
import type { Answer, Call } from './messages.ts';
import { openThread, type Thread } from './thread.ts';

const DIFFERENT_THREADS = 'The threads of this browser do not compute the same bits, so it cannot take part.';

export interface Crew {
  /** Those that may be given work. */
  threads(): readonly Thread[];
  /** How many are wanted. */
  size(): number;
  /** Changes that; rejects where a new thread cannot take part. */
  resize(wanted: number): Promise<void>;
  /** Starts the threads and resolves with their known answer, or with one that is wrong if there is one. */
  prepare(module: KernelModule): Promise<string>;
  /** Opens all of them, and those that come later, for a run. */
  open(run: ComputeRun): Promise<void>;
  /** Sends home who is not wanted any more and has nothing to do. */
  dismissIdle(): void;
  dismissAll(): void;
}

export function createCrew(start: () => Port<Call, Answer>): Crew {
  let wanted = 1;
  let threads: readonly Thread[] = [];
  let module: KernelModule | undefined;
  let answer: string | undefined;
  let run: ComputeRun | undefined;

  const add = async (): Promise<string> => {
    const thread = openThread(start());
    threads = [...threads, thread];
    const prepared = thread.prepare(module!).then((own) => {
      if (answer !== undefined && own !== answer) throw new Error(DIFFERENT_THREADS);
      return own;
    });
    if (run !== undefined) await Promise.all([prepared, thread.open(run)]);
    return prepared;
  };
  const addMissing = (): Promise<readonly string[]> =>
    Promise.all(Array.from({ length: Math.max(0, wanted - threads.length) }, add));
  const dismissIdle = (): void => {
    const surplus = threads.slice(wanted).filter((thread) => thread.pending() === 0);
    for (const thread of surplus) thread.terminate();
    threads = threads.filter((thread) => !surplus.includes(thread));
  };

  return {
    threads: () => threads.slice(0, wanted),
    size: () => wanted,
    async resize(count) {
      wanted = count;
      // Before the test is passed and while nothing is computed, `prepare` and `open` see to it.
      if (answer === undefined || threads.length === 0) return;
      dismissIdle();
      await addMissing();
    },
    async prepare(kernels) {
      module = kernels;
      const answers = await addMissing();
      answer = answers.find((other) => other !== answers[0]) ?? answers[0]!;
      return answer;
    },
    async open(next) {
      dismissIdle();
      run = next;
      const existing = threads.map((thread) => thread.open(next));
      await Promise.all([...existing, addMissing()]);
    },
    dismissIdle,
    dismissAll() {
      for (const thread of threads) thread.terminate();
      threads = [];
      run = undefined;
    },
  };
}
