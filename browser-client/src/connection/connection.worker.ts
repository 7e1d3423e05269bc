/**
 * The entry of the thread that holds the connection. It drives everything, and starts the threads that compute: the timers
 * of a page slow down when its tab is hidden, and those of a thread do not.
 */

import kernelsAddress from '@hivegrad/shared/kernels.wasm?url';
import { createPool } from '../compute/pool.ts';
import { portOf, workerScope } from '../worker-scope.ts';
import { loadKernels } from './kernels.ts';
import { createLife } from './life.ts';
import { type Command, type Report, wallMs } from './messages.ts';
import { browserSocket } from './socket.ts';

const CACHE_ID_BYTES = 16;

const scope = workerScope<Command, Report>();

const pool = createPool({
  start: () =>
    portOf(new Worker(new URL('../compute/compute.worker.ts', import.meta.url), { type: 'module' })),
  load: () => loadKernels(kernelsAddress),
  sharesMemory: globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function',
  nowMs: wallMs,
});

const life = createLife({
  socket: browserSocket,
  pool,
  clock: {
    nowMs: wallMs,
    after(ms, call) {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  },
  chance: { uniform: Math.random },
  cacheId: Array.from(crypto.getRandomValues(new Uint8Array(CACHE_ID_BYTES)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join(''),
  report: (report) => scope.post(report),
});

scope.listen(life);
