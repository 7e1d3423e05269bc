/**
 * What a page or a terminal shows of a worker: plain data made of the machine's state, with a sentence for each
 * situation. Texts of the run (name, description, sentences) come from outside and may hold HTML; whoever shows them
 * escapes them.
 */

import { stepsPerEpoch } from '../data/sampler.ts';
import type {
  DoneReason,
  PauseReason,
  Standing,
  Status,
  WaitingReason,
  Welcome,
} from '../protocol/messages.ts';
import type { PeerState, Phase } from './state.ts';

/** The phases of the machine, with `serving` told apart: `working`, `standingBy` without a node, `resting`, `paused`. */
export type ViewPhase = Exclude<Phase, 'serving'> | 'working' | 'standingBy' | 'resting' | 'paused';

export interface Contribution {
  /** Nodes and samples that this worker computed since it was made, and the time that it took. */
  readonly computed: number;
  readonly computedSamples: number;
  readonly computeMs: number;
  /** Nodes and samples that the run accepted from it, under its identity. */
  readonly accepted: number;
  readonly acceptedSamples: number;
  /** Part of all samples of the run so far that came from it, in [0, 1]; absent before the first step. */
  readonly share?: number;
}

export interface PeerView {
  readonly phase: ViewPhase;
  /** What it does, or why it does nothing. */
  readonly sentence: string;
  /** What went wrong last, also where it goes on all the same. */
  readonly problem?: string;
  readonly pauses: readonly PauseReason[];
  readonly threads: number;
  readonly intensity: number;
  /** Nodes that are computed now, and that wait. */
  readonly computing: number;
  readonly queued: number;
  /** When the next attempt to connect is made, by the clock of the ports; in `waiting`. */
  readonly retryAtMs?: number;
  /** The run, once there was a welcome. */
  readonly run?: Welcome;
  readonly status?: Status;
  readonly standing?: Standing;
  readonly contribution: Contribution;
  /** How the run ended. */
  readonly ended?: DoneReason;
  /** SHA-256 of the final weights. */
  readonly digest?: string;
}

export function viewOf(state: PeerState): PeerView {
  const { run, status, standing, problem, ended, digest, running } = state;
  const phase = phaseOf(state);
  return {
    phase,
    sentence: sentenceOf(phase, state),
    ...(problem !== undefined && { problem }),
    pauses: state.pauses,
    threads: state.threads,
    intensity: state.intensity,
    computing: running.length,
    queued: state.queue.length,
    ...(phase === 'waiting' && { retryAtMs: state.retryAtMs }),
    ...(run !== undefined && { run }),
    ...(status !== undefined && { status }),
    ...(standing !== undefined && { standing }),
    contribution: contributionOf(state),
    ...(ended !== undefined && { ended }),
    ...(digest !== undefined && { digest }),
  };
}

function phaseOf({ phase, pauses, running, queue, rests }: PeerState): ViewPhase {
  if (phase !== 'serving') return phase;
  if (pauses.length > 0) return 'paused';
  if (running.length > 0) return 'working';
  return queue.length > 0 && rests.length > 0 ? 'resting' : 'standingBy';
}

const sentences: Readonly<
  Record<Exclude<ViewPhase, 'done' | 'refused' | 'failed' | 'standingBy' | 'paused'>, string>
> = {
  idle: 'Nothing is computed until you start.',
  preparing: 'Testing whether this machine computes the right bits.',
  connecting: 'Connecting to the run.',
  greeting: 'Waiting for the answer of the run.',
  working: 'Computing gradients.',
  resting: 'Resting, to leave time for other programs.',
  finishing: 'Finishing what it has begun.',
  waiting: 'Trying again soon.',
  stopped: 'Stopped.',
};

const waits: Readonly<Record<WaitingReason, string>> = {
  notUseful: 'Standing by: the others finish each step before this machine could help.',
  noNode: 'Standing by: all parts of the step are given out.',
  runWaits: 'Standing by: the run evaluates, writes, or waits.',
  paused: 'Standing by: the run has not noticed yet that this worker goes on.',
  draining: 'Standing by: the run is about to stop.',
};

const pauseSentences: Readonly<Record<PauseReason, string>> = {
  user: 'Paused.',
  hidden: 'Paused while the tab is hidden.',
  battery: 'Paused to spare the battery.',
  saver: 'Paused because data is to be saved.',
};

const endSentences: Readonly<Record<DoneReason, string>> = {
  finished: 'The run is finished. Thank you.',
  stopped: 'The run was stopped.',
  failed: 'The run failed.',
};

function sentenceOf(phase: ViewPhase, { problem, pauses, standing, ended, run }: PeerState): string {
  switch (phase) {
    case 'paused':
      // What the person did comes first: only the person can undo it.
      return pauseSentences[pauses.includes('user') ? 'user' : pauses[0]!];
    case 'standingBy':
      return standing?.waiting === undefined ? 'Waiting for work.' : waits[standing.waiting];
    case 'done':
      return ended === undefined ? (problem ?? 'The run is over.') : endSentences[ended];
    case 'refused':
      return problem ?? 'The run does not take this worker.';
    case 'failed':
      return problem ?? 'This machine cannot compute for the run.';
    case 'waiting':
      return run === undefined ? 'The run cannot be reached; trying again soon.' : sentences.waiting;
    case 'idle':
    case 'preparing':
    case 'connecting':
    case 'greeting':
    case 'working':
    case 'resting':
    case 'finishing':
    case 'stopped':
      return sentences[phase];
  }
}

function contributionOf({
  computed,
  computedSamples,
  computeUs,
  standing,
  status,
  run,
}: PeerState): Contribution {
  const acceptedSamples = standing?.samples ?? 0;
  const all = run === undefined || status === undefined ? 0 : samplesUpTo(run, status.step);
  return {
    computed,
    computedSamples,
    computeMs: computeUs / 1000,
    accepted: standing?.nodes ?? 0,
    acceptedSamples,
    ...(all > 0 && { share: Math.min(1, acceptedSamples / all) }),
  };
}

/** Samples of the first `steps` steps of a run. */
function samplesUpTo({ samples, batchSize }: Welcome, steps: number): number {
  const perEpoch = stepsPerEpoch(samples, batchSize);
  const epochs = Math.floor(steps / perEpoch);
  return epochs * samples + (steps - epochs * perEpoch) * batchSize;
}
