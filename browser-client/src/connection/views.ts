/**
 * Tells the page what it shows of a worker, at most ten times a second while it computes: a step may take less than a
 * millisecond. What a person waits for, such as a pause or an end, is told at once.
 */

import type { Clock } from '@hivegrad/shared/peer/ports';
import type { PeerView } from '@hivegrad/shared/peer/view';

export const VIEW_MS = 100;

export function tellViews(tell: (view: PeerView) => void, clock: Clock): (view: PeerView) => void {
  let latest: PeerView | undefined;
  let told: PeerView | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;

  const tellNow = (): void => {
    told = latest;
    toldMs = clock.nowMs();
    tell(latest!);
  };
  return (view) => {
    latest = view;
    const leftMs = toldMs + VIEW_MS - clock.nowMs();
    if (told === undefined || leftMs <= 0 || situationOf(view) !== situationOf(told)) {
      tellNow();
      return;
    }
    if (isWaiting) return;
    isWaiting = true;
    clock.after(leftMs, () => {
      isWaiting = false;
      if (told !== latest) tellNow();
    });
  };
}

/** What has to be told at once when it changes; the phases between two nodes count as one. */
function situationOf({ phase, pauses, problem, digest, threads, intensity }: PeerView): string {
  const isServing = phase === 'working' || phase === 'standingBy' || phase === 'resting';
  return JSON.stringify([isServing ? 'serving' : phase, pauses, problem, digest, threads, intensity]);
}
