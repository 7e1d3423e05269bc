/**
 * The port `Compute` with the computation replaced by nothing: each node has the same small gradient at once, so that
 * what is left of a worker is its protocol and its socket. The same for Node and browsers.
 */

import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import type { Compute } from '@hivegrad/shared/peer/ports';
import { bitsOfFloat } from '@hivegrad/shared/protocol/codec';

/** No weight moves far by it, however long a bench takes. */
const GRADIENT = 1e-9;

/** `kernels` is the hash that the run expects. A run that audits would ban its worker. */
export function nullCompute(kernels: string): Compute {
  return {
    setThreads: () => 1,
    prepare: async () => ({ kernels, answer: KNOWN_ANSWER }),
    async open({ parameters }) {
      const gradient = new Uint8Array(new Float32Array(parameters).fill(GRADIENT).buffer);
      const lossBits = bitsOfFloat(1);
      return {
        setWeights: () => {},
        compute: async () => ({ kind: 'result', lossBits, correct: 0, computeUs: 0, gradient }),
        abort: () => {},
        close: () => {},
      };
    },
  };
}
