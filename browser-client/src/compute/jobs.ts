/**
 * Nodes under way, cut in pieces for the threads. Pieces go out in the order of their nodes, two to a thread, so that none
 * waits for a message to arrive; where the last one of a node comes back, the sums are added along the tree.
 */

import type { ComputeRun, ComputeTask, Outcome } from '@hivegrad/shared/peer/ports';
import { addPieces, type Computed, splitTask } from '@hivegrad/shared/peer/split';
import type { NodeAddress } from '@hivegrad/shared/protocol/messages';
import type { Crew } from './crew.ts';
import type { Thread, Versions } from './thread.ts';

/** Pieces that a thread holds: one that it computes and one that waits in its queue of messages. */
const PIECES_PER_THREAD = 2;

export interface Jobs {
  compute(task: ComputeTask): Promise<Outcome>;
  abort(node: NodeAddress): void;
  /** Gives out what waits; to be called when there are new threads. */
  giveOut(): void;
  /** Takes nothing that still comes back; with an error, it rejects what is under way. */
  end(error?: unknown): void;
}

export interface JobsOptions {
  readonly run: ComputeRun;
  readonly crew: Crew;
  readonly versions: Versions;
  readonly nowMs: () => number;
  /** A thread could not compute. */
  readonly onFailed: (error: unknown) => void;
}

/** A node under way. */
interface Job {
  readonly node: NodeAddress;
  readonly outcomes: Computed[];
  left: number;
  /** When its first piece went out. */
  startMs: number | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Piece {
  readonly job: Job;
  /** Which of the job's pieces. */
  readonly place: number;
  readonly task: ComputeTask;
}

export function createJobs({ run, crew, versions, nowMs, onFailed }: JobsOptions): Jobs {
  let jobs: readonly Job[] = [];
  let queue: readonly Piece[] = [];
  let isOver = false;

  const giveOut = (): void => {
    for (;;) {
      const piece = queue[0];
      const thread = leastBusy(crew.threads());
      if (piece === undefined || thread === undefined) return;
      queue = queue.slice(1);
      piece.job.startMs ??= nowMs();
      thread.compute(piece.task, versions).then(
        (outcome) => {
          if (!isOver) came(piece, outcome);
        },
        (error: unknown) => {
          if (!isOver) onFailed(error);
        },
      );
    }
  };
  const came = ({ job, place }: Piece, outcome: Computed): void => {
    job.outcomes[place] = outcome;
    job.left--;
    if (job.left === 0 && jobs.includes(job)) {
      jobs = jobs.filter((other) => other !== job);
      // The time for which the machine was busy with it, whatever the number of its threads.
      const computeUs = Math.round((nowMs() - job.startMs!) * 1000);
      job.resolve({ ...addPieces(job.outcomes), computeUs });
    }
    giveOut();
    crew.dismissIdle();
  };

  return {
    giveOut,
    compute: (task) =>
      new Promise((resolve, reject) => {
        const pieces = splitTask(run, task, crew.size());
        const job: Job = {
          node: task.node,
          outcomes: [],
          left: pieces.length,
          startMs: undefined,
          resolve,
          reject,
        };
        jobs = [...jobs, job];
        queue = [...queue, ...pieces.map((piece, place) => ({ job, place, task: piece }))];
        giveOut();
      }),
    abort(node) {
      const job = jobs.find((other) => isSame(other.node, node));
      if (job === undefined) return;
      // Pieces that are with a thread are computed in vain; there is no way to stop one.
      jobs = jobs.filter((other) => other !== job);
      queue = queue.filter((piece) => piece.job !== job);
      job.resolve({ kind: 'aborted' });
    },
    end(error) {
      isOver = true;
      queue = [];
      if (error !== undefined) for (const job of jobs) job.reject(error);
      jobs = [];
    },
  };
}

/** The thread with the fewest pieces, if one has room. */
function leastBusy(threads: readonly Thread[]): Thread | undefined {
  const [first] = [...threads].sort((a, b) => a.pending() - b.pending());
  return first !== undefined && first.pending() < PIECES_PER_THREAD ? first : undefined;
}

function isSame(a: NodeAddress, b: NodeAddress): boolean {
  return a.step === b.step && a.level === b.level && a.index === b.index;
}
