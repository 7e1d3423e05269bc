/**
 * Everything that the page shows, as plain data: what is known of the run and of this tab's worker goes in, texts and
 * switches come out. Components put them where they belong and decide nothing.
 */

import { stepsPerEpoch } from '@hivegrad/shared/data/sampler';
import type { PeerView } from '@hivegrad/shared/peer/view';
import type { Calm } from './calm.ts';
import { countText, exactText, inSecondsText, shareText } from './format.ts';
import type { RunInfo } from './run-info.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** `asking`: nobody has consented. `running`: the worker lives. `ended`: it does nothing until it is started again. */
export type Stage = 'asking' | 'running' | 'ended';

/** How the cells look: they compute, are ready to, are still, have done all there was to do, or something is wrong. */
export type Tone = 'busy' | 'ready' | 'still' | 'done' | 'trouble';

export interface Controls {
  /** What the button says that starts; absent where nothing can be started. */
  readonly start?: string;
  readonly pause?: 'Pause' | 'Resume';
  readonly canFinish: boolean;
  readonly canStop: boolean;
}

export interface Shown {
  /** Of the run; a text of whoever runs it. */
  readonly name: string;
  readonly description: string;
  readonly stage: Stage;
  readonly tone: Tone;
  readonly sentence: string;
  /** What went wrong; empty where nothing did. */
  readonly problem: string;
  /** When the next attempt to connect is made; empty where none is. */
  readonly retry: string;
  readonly controls: Controls;
  readonly contribution: readonly Fact[];
  readonly fleet: readonly Fact[];
  readonly facts: readonly Fact[];
  /** Share of the run's steps that are taken; undefined where it is not known. */
  readonly progress: number | undefined;
  readonly progressText: string;
  readonly digest: string;
}

export interface Situation {
  readonly info: RunInfo;
  /** Of this tab's worker, once it was started. */
  readonly view: PeerView | undefined;
  readonly calm: Calm | undefined;
  /** Why the run is not known, or why this browser cannot take part. */
  readonly obstacle: string | undefined;
  readonly isSupported: boolean;
  /** Whether this tab was computing before it was reloaded. */
  readonly wasComputing: boolean;
  readonly samplesPerSecond: number | undefined;
  readonly nowMs: number;
}

export function shownOf(situation: Situation): Shown {
  const { info, view, calm, obstacle, nowMs } = situation;
  const stage = stageOf(view);
  const sentence = calm?.sentence ?? askingSentence(situation);
  const problem = view?.problem ?? obstacle ?? '';
  const isWaiting = view?.phase === 'waiting' && view.retryAtMs !== undefined;
  return {
    name: info.name ?? 'A training run',
    description: info.description ?? '',
    stage,
    tone: toneOf(calm),
    sentence,
    problem: problem === sentence ? '' : problem,
    retry: isWaiting ? `Next attempt ${inSecondsText(view.retryAtMs! - nowMs)}.` : '',
    controls: controlsOf(stage, situation),
    contribution: contributionOf(situation),
    fleet: fleetOf(info),
    facts: factsOf(info),
    ...progressOf(info),
    digest: info.digest ?? '',
  };
}

function stageOf(view: PeerView | undefined): Stage {
  switch (view?.phase) {
    case undefined:
    case 'idle':
      return 'asking';
    case 'done':
    case 'refused':
    case 'failed':
    case 'stopped':
      return 'ended';
    default:
      return 'running';
  }
}

function askingSentence({ info, wasComputing }: Situation): string {
  if (info.ended === 'finished') return 'This run is finished.';
  if (info.ended !== undefined) return 'This run has ended.';
  return wasComputing
    ? 'This tab was computing before it was loaded again.'
    : 'Nothing is computed until you start.';
}

function toneOf(calm: Calm | undefined): Tone {
  switch (calm?.phase) {
    case 'working':
    case 'finishing':
      return 'busy';
    case 'refused':
    case 'failed':
      return 'trouble';
    case 'done':
      return 'done';
    case undefined:
    case 'idle':
    case 'paused':
    case 'stopped':
      return 'still';
    default:
      return 'ready';
  }
}

function controlsOf(stage: Stage, { info, view, isSupported, wasComputing }: Situation): Controls {
  const isFinishing = view?.phase === 'finishing';
  const label = startLabel(stage, wasComputing, view);
  // A run that is over has nothing to give; one that was stopped may go on later.
  const isOver = info.ended === 'finished' || info.ended === 'failed';
  return {
    ...(label !== undefined && isSupported && !isOver && { start: label }),
    ...(stage === 'running' &&
      !isFinishing && { pause: view!.pauses.includes('user') ? ('Resume' as const) : ('Pause' as const) }),
    canFinish: stage === 'running' && !isFinishing,
    canStop: stage === 'running',
  };
}

function startLabel(stage: Stage, wasComputing: boolean, view: PeerView | undefined): string | undefined {
  if (stage === 'asking') return wasComputing ? 'Continue computing' : 'Start computing';
  if (stage === 'running') return undefined;
  return view?.phase === 'refused' || view?.phase === 'failed' ? 'Try again' : 'Start again';
}

function contributionOf({ view, samplesPerSecond }: Situation): readonly Fact[] {
  const { accepted = 0, acceptedSamples = 0, share } = view?.contribution ?? {};
  return [
    { label: 'Samples accepted', value: countText(acceptedSamples) },
    { label: 'Share of the run', value: share === undefined ? '–' : shareText(share) },
    { label: 'Nodes accepted', value: countText(accepted) },
    { label: 'Samples/s', value: text(samplesPerSecond) },
  ];
}

function fleetOf({ progress }: RunInfo): readonly Fact[] {
  const { browsers, machines, localThreads, samplesPerSecond } = progress;
  return [
    { label: 'Browsers', value: text(browsers) },
    { label: 'Machines', value: text(machines) },
    { label: 'Local threads', value: text(localThreads) },
    { label: 'Samples/s together', value: text(samplesPerSecond) },
  ];
}

function factsOf(info: RunInfo): readonly Fact[] {
  const { network, parameters, samples, batchSize, shardSize, epochs, seed, dataset, worker } = info;
  const fact = (label: string, value: string | number | undefined, show = exactText): readonly Fact[] => {
    if (value === undefined || value === '') return [];
    return [{ label, value: typeof value === 'number' ? show(value) : value }];
  };
  return [
    ...fact('Network', network),
    ...fact('Parameters', parameters),
    ...fact('Training samples', samples),
    ...fact('Mini-batch', batchSize),
    ...fact('Shard', shardSize),
    ...fact('Epochs', epochs),
    ...fact('Seed', seed, String),
    ...fact('Data SHA-256', dataset),
    ...fact('This worker', worker, (number) => `number ${number}`),
  ];
}

function text(count: number | undefined): string {
  return count === undefined ? '–' : countText(count);
}

/** The epoch follows from the step, as everything does. */
function progressOf(info: RunInfo): Pick<Shown, 'progress' | 'progressText'> {
  const { samples, batchSize, epochs } = info;
  const { step } = info.progress;
  if (step === undefined) return { progress: undefined, progressText: '' };
  if (!samples || !batchSize || !epochs)
    return { progress: undefined, progressText: `Step ${exactText(step)}` };
  const perEpoch = stepsPerEpoch(samples, batchSize);
  const epoch = Math.min(Math.floor(step / perEpoch) + 1, epochs);
  return {
    progress: Math.min(1, step / (perEpoch * epochs)),
    progressText: `Epoch ${exactText(epoch)} of ${exactText(epochs)}, step ${exactText(step)} of ${exactText(perEpoch * epochs)}`,
  };
}
