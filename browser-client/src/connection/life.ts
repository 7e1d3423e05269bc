/**
 * The life of this tab's worker, behind the commands of the page: makes the worker when the person has consented, and
 * does to it what they ask for.
 */

import { createPeer, type Peer, type PeerPorts } from '@hivegrad/shared/peer/peer';
import { createRowCache } from '@hivegrad/shared/peer/row-cache';
import type { Pool } from '../compute/pool.ts';
import type { Command, Report, StartSettings } from './messages.ts';
import { tellViews } from './views.ts';

export interface LifeOptions extends Pick<PeerPorts, 'socket' | 'clock' | 'chance'> {
  readonly pool: Pool;
  /** 32 hexadecimal digits, for a cache that is empty. */
  readonly cacheId: string;
  readonly report: (report: Report) => void;
}

export function createLife(options: LifeOptions): (command: Command) => void {
  let peer: Peer | undefined;
  return (command) => {
    if (command.type === 'start') {
      peer ??= peerOf(options, command.settings);
      peer.start();
      return;
    }
    if (peer !== undefined) obey(peer, command, options.pool);
  };
}

function obey(peer: Peer, command: Exclude<Command, { type: 'start' }>, pool: Pool): void {
  switch (command.type) {
    case 'stop':
      peer.stop();
      break;
    case 'finish':
      peer.finish();
      break;
    case 'pause':
      peer.pause(command.reason);
      break;
    case 'resume':
      peer.resume(command.reason);
      break;
    case 'threads':
      peer.setThreads(command.threads);
      break;
    case 'intensity':
      pool.setLanes(lanesAt(command.share));
      peer.setIntensity(command.share);
      // The worker asks how many lanes there are when it is told its threads.
      peer.setThreads(peer.view().threads);
      break;
  }
}

/** With two nodes under way one would be computed while the other rests, and the machine would not. */
function lanesAt(intensity: number): 1 | 2 {
  return intensity < 1 ? 1 : 2;
}

function peerOf(
  { socket, clock, chance, pool, cacheId, report }: LifeOptions,
  settings: StartSettings,
): Peer {
  const { url, token, threads, intensity, cacheBytes, identity } = settings;
  pool.setLanes(lanesAt(intensity));
  const ports: PeerPorts = {
    socket,
    clock,
    chance,
    compute: pool,
    cache: createRowCache({ id: cacheId, bytesMax: cacheBytes }),
    secrets: {
      identity: () => identity,
      keepIdentity: (kept) => report({ type: 'identity', identity: kept }),
    },
  };
  return createPeer(ports, {
    url,
    agent: 'browser',
    threads,
    intensity,
    ...(token !== undefined && { token }),
    onView: tellViews((view) => report({ type: 'view', view }), clock),
  });
}
