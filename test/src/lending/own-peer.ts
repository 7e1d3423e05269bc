/**
 * A worker in the process of the test, with a real socket and one thread, whose outcomes a test may change before
 * they are sent: for those who lie, and for those who are slow on purpose.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { computeHere } from '@hivegrad/shared/peer/compute-here';
import type { Peer } from '@hivegrad/shared/peer/peer';
import { createPeer } from '@hivegrad/shared/peer/peer';
import type { Compute, ComputeTask, Outcome } from '@hivegrad/shared/peer/ports';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import type { PeerView } from '@hivegrad/shared/peer/view';
import { newCacheId, processChance, processClock, secretsInMemory } from '@hivegrad/worker/join/machine';
import { createNodeSocket } from '@hivegrad/worker/join/socket';
import { onTestFinished } from 'vitest';
import { kernelModule } from '../support/bench-network.ts';

export type Result = Outcome & { readonly kind: 'result' };

export interface OwnPeerOptions {
  /** What is sent in the place of a true result. */
  readonly change?: (result: Result, task: ComputeTask) => Outcome | Promise<Outcome>;
  readonly cacheBytes?: number;
}

export interface OwnPeer extends Peer {
  /** Resolves with the first view, from now on, that is so. */
  seen(isSo: (view: PeerView) => boolean): Promise<PeerView>;
}

const kernelsHash = createHash('sha256')
  .update(readFileSync(createRequire(import.meta.url).resolve('@hivegrad/shared/kernels.wasm')))
  .digest('hex');

/** Not started yet. `url` is that of the page. */
export function ownPeer(url: string, { change, cacheBytes = 1e6 }: OwnPeerOptions = {}): OwnPeer {
  let look = (): void => {};
  const { host, hash } = new URL(url);
  const token = /^#token=(.+)$/.exec(hash)?.[1];
  const socket = createNodeSocket({ shown: host, frameBytesMax: () => undefined, onTrouble: () => {} });
  const honest = computeHere({
    kernels: (memory) => instantiateKernels(kernelModule, memory),
    kernelsHash,
    nowMs: () => performance.now(),
  });
  const peer = createPeer(
    {
      socket,
      compute: change === undefined ? honest : changed(honest, change),
      clock: processClock,
      chance: processChance,
      cache: createRowCache({ id: newCacheId(), bytesMax: cacheBytes }),
      secrets: secretsInMemory(),
    },
    {
      url: `ws://${host}/socket`,
      ...(token !== undefined && { token }),
      agent: 'node',
      threads: 1,
      onView: () => look(),
    },
  );
  onTestFinished(async () => {
    peer.stop();
    await socket.ended();
  });
  return {
    ...peer,
    seen: (isSo) =>
      new Promise((resolve) => {
        look = () => {
          const view = peer.view();
          if (isSo(view)) resolve(view);
        };
        look();
      }),
  };
}

function changed(compute: Compute, change: NonNullable<OwnPeerOptions['change']>): Compute {
  return {
    ...compute,
    async open(run) {
      const session = await compute.open(run);
      return {
        ...session,
        async compute(task) {
          const outcome = await session.compute(task);
          return outcome.kind === 'result' ? change(outcome, task) : outcome;
        },
      };
    },
  };
}

/** The same result but for the last bit of one value. */
export function flipBit(result: Result, at = 0): Result {
  const gradient = result.gradient.slice();
  gradient[at * 4]! ^= 1;
  return { ...result, gradient };
}
