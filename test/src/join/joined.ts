/** Joins a run from this process, and leaves it with the test. */

import type { PeerView } from '@hivegrad/shared/peer/view';
import type { ClientMessage, NodeAddress, Result } from '@hivegrad/shared/protocol/messages';
import type { JoinOptions } from '@hivegrad/worker/join/join';
import { joinRun } from '@hivegrad/worker/join/join';
import { onTestFinished } from 'vitest';

export interface Joined {
  readonly ended: Promise<PeerView>;
  /** Every view so far. */
  readonly views: readonly PeerView[];
  readonly notices: readonly string[];
  /** The first view, of those that were and those that come, that is so. */
  seen(isSo: (view: PeerView) => boolean): Promise<PeerView>;
}

export function join(url: string, options: Partial<JoinOptions> = {}): Joined {
  const stop = new AbortController();
  const views: PeerView[] = [];
  const notices: string[] = [];
  let look = (): void => {};
  const ended = joinRun({
    url,
    threads: 1,
    cacheBytes: 1e6,
    wide: true,
    stop: stop.signal,
    onView(view) {
      views.push(view);
      look();
    },
    onNotice: (sentence) => notices.push(sentence),
    ...options,
  });
  onTestFinished(async () => {
    stop.abort();
    await ended.catch(() => {});
  });
  return {
    ended,
    views,
    notices,
    seen: (isSo) =>
      new Promise((resolve) => {
        look = () => {
          const found = views.find(isSo);
          if (found !== undefined) resolve(found);
        };
        look();
      }),
  };
}

/** A result without the time that it took, which nobody can foretell. */
export function resultIn(message: ClientMessage): Omit<Result, 'computeUs'> {
  if (message.type !== 'result') throw new Error(`a result was due, and a ${message.type} came`);
  const { computeUs: _, ...result } = message;
  return result;
}

export function nodeIn({ step, level, index }: NodeAddress): NodeAddress {
  return { step, level, index };
}
