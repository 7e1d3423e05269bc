/**
 * What the address of the page says: `#token=T`, which never leaves the browser, and `?cache=MB&threads=N`. An address is
 * typed by people, so what cannot be understood counts as absent.
 */

import { ROW_BYTES_MAX, THREADS_MAX } from '@hivegrad/shared/protocol/limits';
import { isToken } from '@hivegrad/shared/protocol/upgrade';

const MEGABYTE = 1_048_576;
const CACHE_BYTES = 256 * MEGABYTE;

export interface PageOptions {
  readonly token?: string;
  /** Room for rows of the training set. */
  readonly cacheBytes: number;
  /** Threads to begin with. */
  readonly threads: number;
  readonly threadsMax: number;
  /** Of the run's socket. */
  readonly socketUrl: string;
}

/** `cores` is what the browser says of the machine; some say nothing. */
export function readOptions(address: string, cores: number | undefined): PageOptions {
  const url = new URL(address);
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? '';
  const cache = numberOf(url.searchParams.get('cache'));
  const threads = numberOf(url.searchParams.get('threads'));
  const threadsMax = Math.max(1, Math.min(cores ?? 1, THREADS_MAX));
  // One core is left to the person.
  const usual = Math.max(1, threadsMax - 1);
  const socket = new URL('socket', url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  socket.search = '';
  socket.hash = '';
  return {
    ...(isToken(token) && { token }),
    cacheBytes: cache === undefined ? CACHE_BYTES : Math.min(cache * MEGABYTE, ROW_BYTES_MAX),
    threads: Math.max(1, Math.min(Math.floor(threads ?? usual), threadsMax)),
    threadsMax,
    socketUrl: socket.href,
  };
}

/** A number that is finite and not negative. */
function numberOf(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
