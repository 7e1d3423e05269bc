/**
 * The known-answer test: whoever is going to compute first shows that its engine gives the bits that all others
 * give. It runs every kernel on fixed data and hashes the results, in a few milliseconds. An engine that flushes
 * subnormals, fuses a multiplication with an addition, sums in another order or loses the sign of a zero answers
 * something else.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Kernels } from './kernels.ts';
import { runCases } from './known-answer-cases.ts';
import { Workbench } from './known-answer-data.ts';

/**
 * SHA-256 of {@link knownResults}. A change of the kernels that changes bits, or of the cases, needs a new one; it
 * also parts all older workers from the new ones. The module and its twin have to agree first, then
 * `npx vitest run test/src/conformance/known-answer.test.ts` names the answer that belongs here.
 */
export const KNOWN_ANSWER = '';

/** Bytes of memory that the test needs from its `scratchBase`. */
export const KNOWN_ANSWER_BYTES = 262_144;

const RESULTS_MAX = 32_768;

/**
 * The SHA-256, in lower-case hex, of the results of every kernel on fixed data: {@link KNOWN_ANSWER} if the engine
 * is exact. `memory` is the one that `kernels` work in; the KNOWN_ANSWER_BYTES from `scratchBase` are overwritten.
 */
export function knownAnswer(
  kernels: Kernels,
  memory: { readonly buffer: ArrayBufferLike },
  scratchBase: number,
): string {
  const results = knownResults(kernels, memory, scratchBase);
  return bytesToHex(sha256(new Uint8Array(results.buffer)));
}

/** The bits that are hashed, as little-endian words. None of them is a NaN. */
export function knownResults(
  kernels: Kernels,
  memory: { readonly buffer: ArrayBufferLike },
  scratchBase: number,
): Uint32Array {
  const bench = new Workbench(kernels, memory, {
    base: scratchBase,
    bytesMax: KNOWN_ANSWER_BYTES,
    floatsMax: RESULTS_MAX,
  });
  runCases(bench);
  return bench.results();
}
