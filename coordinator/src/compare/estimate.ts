/**
 * How long a comparison would take, from a short look at each cell. In: cells and a way to train them; out: seconds for
 * a run of each. A look trains in memory until a moment has passed or an epoch has ended, then stops.
 */

import { DivergenceError } from '@hivegrad/shared/errors';
import type { TrainEvent } from '../api/train-types.ts';
import { parseConfig } from '../config/document.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { Strategy } from './strategies.ts';

/** Long enough for the rate of a pool whose threads are warm, short enough for a few dozen cells. */
export const LOOK_MS = 250;

export interface LookOptions {
  readonly strategy: Strategy;
  readonly config: ResolvedConfig;
  readonly threads: number;
  readonly lookMs: number;
  readonly stop: AbortSignal;
}

export interface Look {
  /** Until the first step: data, threads. */
  readonly startSeconds: number;
  /** Of one epoch, evaluation included. Undefined where the look was stopped before it saw a step. */
  readonly epochSeconds: number | undefined;
}

export async function lookAt({ strategy, config, threads, lookMs, stop }: LookOptions): Promise<Look> {
  const enough = new AbortController();
  const beganMs = performance.now();
  let startMs = beganMs;
  let samplesOfEpoch = 0;
  let msPerEpoch: number | undefined;
  const onEvent = (event: TrainEvent) => {
    const nowMs = performance.now();
    if (event.type === 'start') {
      startMs = nowMs;
      samplesOfEpoch = event.samples;
      return;
    }
    const elapsed = nowMs - startMs;
    if (event.type === 'metrics' && event.line.kind === 'epoch') {
      msPerEpoch = elapsed / event.line.epoch;
    } else if (event.type === 'progress' && event.sums.samples > 0 && event.epoch === 1) {
      msPerEpoch = (elapsed * samplesOfEpoch) / event.sums.samples;
    }
    if (msPerEpoch !== undefined && elapsed >= lookMs) enough.abort();
  };
  const document = parseConfig(config, `the cell ${config.name}`);
  try {
    const settings = { threads, engine: 'simd', stop: AbortSignal.any([stop, enough.signal]) } as const;
    await strategy.train({ document }, settings, onEvent);
  } catch (error) {
    // That it diverges is for the run itself to tell.
    if (!(error instanceof DivergenceError)) throw error;
  }
  return {
    startSeconds: (startMs - beganMs) / 1000,
    epochSeconds: msPerEpoch === undefined ? undefined : msPerEpoch / 1000,
  };
}

/** Seconds of a run of so many epochs. */
export function secondsOf({ startSeconds, epochSeconds = 0 }: Look, epochs: number): number {
  return startSeconds + epochs * epochSeconds;
}
