/**
 * Nodes that wait for threads. Whenever a thread is idle it gets the next piece; a node is cut when its first piece is
 * given out, by how many threads its part of all that waits would keep busy: into one piece for each thread where it
 * is alone, and not at all where there are nodes enough. Invariants: each piece is begun once, in order; a node settles
 * when none of its pieces is with a thread any more; no more pieces are with threads than there are threads.
 */

import type { ComputeTask, Outcome } from '@hivegrad/shared/peer/ports';
import type { Computed } from '@hivegrad/shared/peer/split';
import { addPieces, splitTask } from '@hivegrad/shared/peer/split';
import type { NodeAddress } from '@hivegrad/shared/protocol/messages';
import { assignmentLevel, shardCount } from '@hivegrad/shared/reduce/tree';
import type { SharedWeights, ThreadRun } from './jobs.ts';
import type { Threads } from './threads.ts';

/** A piece should take at least so long: handing it over and adding it costs about a tenth of that. */
const PIECE_US_MIN = 500;

export interface NodeJob {
  readonly of: ThreadRun;
  readonly weights: SharedWeights;
  readonly task: ComputeTask;
}

export interface Queue {
  run(job: NodeJob): Promise<Outcome>;
  /** What is not with a thread yet will not be. */
  abort(of: ThreadRun, isMeant: (node: NodeAddress) => boolean): void;
  /** The number of threads has changed. */
  dispatch(): void;
}

interface Work {
  readonly job: NodeJob;
  readonly shards: number;
  readonly settle: (ending: Outcome | Error) => void;
  /** How many pieces `splitTask` was asked for, and what it gave, from left to right; once it is cut. */
  wanted: number;
  pieces: readonly ComputeTask[] | undefined;
  /** The next piece to be begun. */
  next: number;
  /** What came back, by the number of the piece. */
  readonly computed: Computed[];
  left: number;
  running: number;
  /** When its first piece was begun. */
  startMs: number;
  /** What became of it, once that is known. */
  ending: Outcome | Error | undefined;
}

export interface QueueOptions {
  readonly compute: Threads['compute'];
  readonly threads: () => number;
  readonly nowMs: () => number;
}

export function openQueue({ compute, threads, nowMs }: QueueOptions): Queue {
  /** Nodes of which a piece has not been begun; only the first can be cut. */
  let waiting: readonly Work[] = [];
  const all = new Set<Work>();
  let busy = 0;
  const pace = createPace();

  const settleIfQuiet = (work: Work): void => {
    if (work.ending === undefined || work.running > 0) return;
    all.delete(work);
    work.settle(work.ending);
  };
  const end = (work: Work, ending: Outcome | Error): void => {
    work.ending ??= ending;
    waiting = waiting.filter((other) => other !== work);
  };
  const begin = (work: Work, pieces: readonly ComputeTask[]): void => {
    const number = work.next++;
    if (number === 0) work.startMs = nowMs();
    if (work.next === pieces.length) waiting = waiting.filter((other) => other !== work);
    busy++;
    work.running++;
    const { of, weights, task } = work.job;
    const piece = pieces[number]!;
    const isWhole = pieces.length === 1;
    compute({
      of,
      weights,
      task: isWhole ? copied(task) : piece,
      again: () => (isWhole ? copied(task) : splitTask(of.run, task, work.wanted)[number]!),
    })
      .then(
        (computed) => {
          work.computed[number] = computed;
          pace.learn(of, computed.computeUs / shardsOf(work.job.of, piece));
          if (--work.left > 0) return;
          // The run wants to know how long the machine was busy with it, whatever the number of its threads.
          const computeUs = Math.round((nowMs() - work.startMs) * 1000);
          end(work, { ...addPieces(work.computed), computeUs });
        },
        (error: unknown) => end(work, error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        busy--;
        work.running--;
        settleIfQuiet(work);
        dispatch();
      });
  };
  /** In as many pieces as let the threads that are due to it finish soonest. */
  const cut = (work: Work): readonly ComputeTask[] => {
    const { of, task } = work.job;
    const waitingShards = waiting.reduce((sum, other) => sum + other.shards, 0);
    const due = Math.ceil((threads() * work.shards) / waitingShards);
    const workers = Math.min(due, pace.workersMax(of, work.shards));
    const depth = task.node.level - assignmentLevel(work.shards, workers);
    work.wanted = workers === 1 ? 1 : 1 << depth;
    const pieces = splitTask(of.run, task, work.wanted);
    work.left = pieces.length;
    return pieces;
  };
  const dispatch = (): void => {
    for (let work = waiting[0]; work !== undefined && busy < threads(); work = waiting[0]) {
      work.pieces ??= cut(work);
      begin(work, work.pieces);
    }
  };

  return {
    dispatch,
    run: (job) =>
      new Promise((resolve, reject) => {
        const work: Work = {
          job,
          shards: shardsOf(job.of, job.task),
          settle: (ending) => (ending instanceof Error ? reject(ending) : resolve(ending)),
          wanted: 1,
          pieces: undefined,
          next: 0,
          computed: [],
          left: 0,
          running: 0,
          startMs: 0,
          ending: undefined,
        };
        all.add(work);
        waiting = [...waiting, work];
        dispatch();
      }),
    abort(of, isMeant) {
      for (const work of all) {
        const { job } = work;
        if (job.of !== of || !isMeant(job.task.node) || !waiting.includes(work)) continue;
        end(work, { kind: 'aborted' });
        settleIfQuiet(work);
      }
    },
  };
}

/** How long a shard of the present run takes a thread, as the latest pieces tell. */
function createPace() {
  let known: { readonly of: ThreadRun; readonly usPerShard: number } | undefined;
  return {
    learn(of: ThreadRun, usPerShard: number): void {
      known = { of, usPerShard: known?.of === of ? (known.usPerShard + usPerShard) / 2 : usPerShard };
    },
    /** Threads that a node of so many shards is worth; no bound before the first piece has told. */
    workersMax(of: ThreadRun, shards: number): number {
      if (known?.of !== of) return Number.POSITIVE_INFINITY;
      return Math.max(1, Math.floor((shards * known.usPerShard) / PIECE_US_MIN));
    },
  };
}

function shardsOf({ run }: ThreadRun, { begin, end }: ComputeTask): number {
  return shardCount(end - begin, run.shardSize);
}

/** The same with rows of its own, for those of a job are gone when a thread has them. */
function copied(task: ComputeTask): ComputeTask {
  const { features, targets, weights } = task.rows;
  return {
    ...task,
    rows: { features: features.slice(), targets: targets.slice(), weights: weights.slice() },
  };
}
