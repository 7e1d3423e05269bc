/**
 * A process with clients: bare sockets that send as soon as they are answered, workers that compute nothing, a
 * worker that is far away, or workers that say hello and no more. Says that it is ready when all of them are connected;
 * the answer to any question is the number of round trips so far, of bare sockets.
 */

import { createHash } from 'node:crypto';
import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { instantiateKernels } from '@hivegrad/shared/kernels/wasm';
import { computeHere } from '@hivegrad/shared/peer/compute-here';
import { createPeer } from '@hivegrad/shared/peer/peer';
import type { Compute } from '@hivegrad/shared/peer/ports';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { PROTOCOL_VERSION, serverFrameBytesMax } from '@hivegrad/shared/protocol/limits';
import { offeredSubprotocols } from '@hivegrad/shared/protocol/upgrade';
import { newCacheId, processChance, processClock, secretsInMemory } from '@hivegrad/worker/join/machine';
import { createNodeSocket } from '@hivegrad/worker/join/socket';
import { loadKernels, readKernels } from '@hivegrad/worker/kernels-file';
import { bareLibrary } from './coordinators-ws.ts';
import { serveLines, taskOf } from './lines.ts';
import { nullCompute } from './null-compute.ts';

export interface ClientsTask {
  readonly kind: 'bare' | 'null' | 'far' | 'idle';
  /** Of the socket. */
  readonly url: string;
  readonly count: number;
  readonly token?: string;
  /** What a bare socket sends. */
  readonly bytes?: number;
  /** By how much each answer of a far worker is late. */
  readonly delayMs?: number;
}

export interface Trips {
  readonly trips: number;
}

const CACHE_BYTES = 268_435_456;
const AT_A_TIME = 64;

const task = taskOf<ClientsTask>();
let trips = 0;
const kernelsHash = createHash('sha256')
  .update(await readKernels())
  .digest('hex');
/** Some at a time: a run turns strangers away while too many stand at its door. */
const each = async (connect: () => Promise<void>) => {
  for (let begun = 0; begun < task.count; begun += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, task.count - begun);
    await Promise.all(Array.from({ length }, connect));
  }
};

if (task.kind === 'bare') await each(connectBare);
else if (task.kind === 'idle') await each(connectIdle);
else {
  const compute = task.kind === 'null' ? () => nullCompute(kernelsHash) : await farCompute(task.delayMs ?? 0);
  await each(() => connectPeer(compute()));
}
await serveLines({}, () => ({ trips }));

function connectBare(): Promise<void> {
  const message = new Uint8Array(task.bytes ?? 0);
  return new Promise((resolve, reject) => {
    const socket = new bareLibrary.WebSocket(task.url, [], { perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(message);
      resolve();
    });
    socket.on('message', () => {
      trips++;
      socket.send(message);
    });
  });
}

/** Resolves when it is welcome. It answers pings, since the library does, and gives no node. */
function connectIdle(): Promise<void> {
  const hello = encodeMessage({
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    kernels: kernelsHash,
    answer: KNOWN_ANSWER,
    agent: 'browser',
    threads: 1,
    cacheId: newCacheId(),
    rowBytesMax: 0,
  });
  return new Promise((resolve, reject) => {
    const subprotocols = offeredSubprotocols(task.token);
    const socket = new bareLibrary.WebSocket(task.url, subprotocols, { perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('open', () => socket.send(hello));
    socket.on('message', () => resolve());
  });
}

/** Resolves when it is welcome. */
function connectPeer(compute: Compute): Promise<void> {
  const { token, url } = task;
  let frameBytesMax: number | undefined;
  return new Promise((resolve, reject) => {
    const socket = createNodeSocket({
      shown: url,
      frameBytesMax: () => frameBytesMax,
      onTrouble: ({ sentence }) => reject(new Error(sentence)),
    });
    const peer = createPeer(
      {
        socket,
        compute,
        clock: processClock,
        chance: processChance,
        cache: createRowCache({ id: newCacheId(), bytesMax: CACHE_BYTES }),
        secrets: secretsInMemory(),
      },
      {
        url,
        ...(token !== undefined && { token }),
        agent: 'node',
        threads: 1,
        onView: ({ run }) => {
          if (run === undefined) return;
          frameBytesMax ??= serverFrameBytesMax(run);
          resolve();
        },
      },
    );
    peer.start();
  });
}

/** Computes truly and answers late, as over a line of that length. */
async function farCompute(delayMs: number): Promise<() => Compute> {
  const module = await loadKernels();
  const honest = computeHere({
    kernels: (memory) => instantiateKernels(module, memory),
    kernelsHash,
    nowMs: () => performance.now(),
  });
  return () => ({
    ...honest,
    async open(run) {
      const session = await honest.open(run);
      return {
        ...session,
        async compute(node) {
          const outcome = await session.compute(node);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          return outcome;
        },
      };
    },
  });
}
