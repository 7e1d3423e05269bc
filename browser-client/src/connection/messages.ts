/** What the page tells the thread that holds the connection, and what it hears of it. */

import type { PeerView } from '@hivegrad/shared/peer/view';
import type { PauseReason } from '@hivegrad/shared/protocol/messages';

export interface StartSettings {
  /** Of the run's socket, `ws:` or `wss:`. */
  readonly url: string;
  readonly token?: string;
  readonly threads: number;
  /** Share of the time to compute in. */
  readonly intensity: number;
  /** Room for rows of the training set. */
  readonly cacheBytes: number;
  /** The secret of a worker that this tab was before it was reloaded. */
  readonly identity?: string;
}

export type Command =
  /** The person has consented. Later ones begin again after an end, and their settings count no more. */
  | { readonly type: 'start'; readonly settings: StartSettings }
  | { readonly type: 'stop' }
  | { readonly type: 'finish' }
  | { readonly type: 'pause'; readonly reason: PauseReason }
  | { readonly type: 'resume'; readonly reason: PauseReason }
  | { readonly type: 'threads'; readonly threads: number }
  | { readonly type: 'intensity'; readonly share: number };

export type Report =
  /** Moments in it are those of {@link wallMs}. */
  | { readonly type: 'view'; readonly view: PeerView }
  /** To be kept where it outlives a reload, or forgotten. */
  | { readonly type: 'identity'; readonly identity: string | undefined };

/** Milliseconds on one clock for all threads of the page, which is as steady as each of theirs. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
