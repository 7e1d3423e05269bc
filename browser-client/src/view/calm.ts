/**
 * The phase and the sentence that are shown while work goes back and forth: between two nodes a worker stands by for some
 * milliseconds, and a screen reader must not be told so. Whoever has computed within the last two seconds is computing.
 */

import type { PeerView } from '@hivegrad/shared/peer/view';

const CALM_MS = 2000;

const working = { phase: 'working', sentence: 'Computing gradients.' } as const;

export interface Calm {
  readonly phase: PeerView['phase'];
  readonly sentence: string;
  /** When it computed last, and the nodes it had computed then. */
  readonly workedAtMs: number;
  readonly computed: number;
}

export function calmed(before: Calm | undefined, view: PeerView, nowMs: number): Calm {
  const { phase, sentence } = view;
  const { computed } = view.contribution;
  const works = phase === 'working' || (before !== undefined && computed > before.computed);
  const workedAtMs = works ? nowMs : (before?.workedAtMs ?? Number.NEGATIVE_INFINITY);
  const isBetween = phase === 'standingBy' || phase === 'resting';
  const shown = isBetween && nowMs - workedAtMs < CALM_MS ? working : { phase, sentence };
  return { ...shown, workedAtMs, computed };
}
