/**
 * Lends this machine to a run, from the first attempt to connect until the run is over, refuses it, or the person
 * leaves: the worker's life of shared/src/peer with a socket, threads and memory of this process. In: an address and
 * what to lend; out: views while it goes on, and the last one at the end.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { Peer, PeerPorts } from '@hivegrad/shared/peer/peer';
import { createPeer } from '@hivegrad/shared/peer/peer';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import type { PeerView, ViewPhase } from '@hivegrad/shared/peer/view';
import { serverFrameBytesMax } from '@hivegrad/shared/protocol/limits';
import { parseAddress } from './address.ts';
import { createThreadsCompute } from './compute.ts';
import { newCacheId, processChance, processClock, secretsInMemory } from './machine.ts';
import { createNodeSocket } from './socket.ts';
import type { Trouble } from './trouble.ts';

export interface JoinOptions {
  /** As the run prints it, `ws(s)://HOST:PORT/socket`, or `HOST:PORT`. */
  readonly url: string;
  /** Goes before the one in `url`. */
  readonly token?: string | undefined;
  /** Threads to lend, from 1 on. */
  readonly threads: number;
  /** As others may see it. */
  readonly name?: string | undefined;
  /** Room for rows of the training set, which then are sent once. */
  readonly cacheBytes: number;
  /** Whether to use 256-bit registers where the engine can: the same bits. */
  readonly wide: boolean;
  /** Aborted to finish what is held and leave. */
  readonly finish?: AbortSignal | undefined;
  /** Aborted to leave at once; what is under way is lost. */
  readonly stop?: AbortSignal | undefined;
  /** Told after everything that happened. */
  readonly onView?: ((view: PeerView) => void) | undefined;
  /** Told in a sentence of threads that were lost, and of kernels that are slower than they should be. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
  /** The module that threads run; tests bring one that fails on purpose. */
  readonly threadEntry?: URL | undefined;
}

const ends: readonly ViewPhase[] = ['done', 'refused', 'failed', 'stopped'];

/**
 * Resolves with the last view, in one of the phases `done`, `refused`, `failed` and `stopped`.
 *
 * @throws UserError JOIN_ADDRESS where the address is none; JOIN_UNKNOWN_HOST, JOIN_CERTIFICATE or JOIN_NOT_A_RUN where
 * the first attempt shows that it leads nowhere
 */
export async function joinRun(options: JoinOptions): Promise<PeerView> {
  const { wide, onNotice, threadEntry } = options;
  const address = parseAddress(options.url, options.token);
  const watch = watchViews(options);
  const socket = createNodeSocket({
    shown: address.shown,
    frameBytesMax: watch.frameBytesMax,
    onTrouble: watch.onTrouble,
  });
  const compute = createThreadsCompute({ wide, threadEntry, onNotice });
  const ports: PeerPorts = {
    socket,
    compute,
    clock: processClock,
    chance: processChance,
    cache: createRowCache({ id: newCacheId(), bytesMax: options.cacheBytes }),
    secrets: secretsInMemory(),
  };
  const { token, socketUrl: url } = address;
  const { name, threads } = options;
  const peer = createPeer(ports, {
    url,
    ...(token !== undefined && { token }),
    agent: 'node',
    ...(name !== undefined && { name }),
    threads,
    onView: watch.onView,
  });
  try {
    return await live(peer, watch, options);
  } finally {
    await socket.ended();
    await compute.end();
  }
}

/** From the start to the end of a worker's life. */
async function live(peer: Peer, watch: Watch, { finish, stop }: JoinOptions): Promise<PeerView> {
  const onFinish = () => peer.finish();
  const onStop = () => peer.stop();
  finish?.addEventListener('abort', onFinish);
  stop?.addEventListener('abort', onStop);
  try {
    peer.start();
    if (finish?.aborted === true || stop?.aborted === true) peer.stop();
    return await watch.ended;
  } finally {
    peer.stop();
    finish?.removeEventListener('abort', onFinish);
    stop?.removeEventListener('abort', onStop);
  }
}

interface Watch {
  onView(view: PeerView): void;
  onTrouble(trouble: Trouble): void;
  /** Largest frame of the run that was told last. */
  frameBytesMax(): number | undefined;
  /** The last view; rejects where the first attempt led nowhere. */
  readonly ended: Promise<PeerView>;
}

/** Looks at each view, and puts in it what the socket knows and the protocol does not: why it was not reached. */
function watchViews({ onView }: JoinOptions): Watch {
  let run: PeerView['run'];
  let trouble: Trouble | undefined;
  let failures = 0;
  let phase: ViewPhase = 'idle';
  let isOver = false;
  let end: (view: PeerView) => void = () => {};
  let fail: (error: UserError) => void = () => {};
  const ended = new Promise<PeerView>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return {
    ended,
    frameBytesMax: () => (run === undefined ? undefined : serverFrameBytesMax(run)),
    onTrouble(came) {
      trouble = came;
    },
    onView(view) {
      if (isOver) return;
      run = view.run;
      if (view.phase === 'connecting') trouble = undefined;
      if (view.phase === 'waiting' && phase !== 'waiting') failures++;
      phase = view.phase;
      const unreached = phase === 'waiting' ? trouble : undefined;
      const isFinal = unreached?.final !== undefined && failures === 1;
      isOver = isFinal || ends.includes(phase);
      if (isFinal) {
        fail(new UserError(unreached.final, unreached.sentence));
        return;
      }
      const shown = unreached === undefined ? view : { ...view, problem: unreached.sentence };
      onView?.(shown);
      if (isOver) end(shown);
    },
  };
}
