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
 * What {@link knownAnswer} gives on an exact engine. A change of the kernels that changes bits, or of the cases, needs
 * a new one; it also parts all older workers from the new ones. The module and its twin have to agree first, then
 * `npx vitest run test/src/conformance/known-answer.test.ts` names the answer that belongs here.
 */
export const KNOWN_ANSWER = '155baf17ef4e7384a51dbd82933bcf63ed49afa78b3a9b3ab68e6c7c1519cba6';

/** Bytes of memory that the test needs from its `scratchBase`. */
export const KNOWN_ANSWER_BYTES = 131_072;

const RESULTS_MAX = 32_768;

/** Words that are hashed; see {@link fold}. */
const DIGEST_WORDS = 128;

/**
 * What the engine makes of fixed data with every kernel, as a SHA-256 in lower-case hex: {@link KNOWN_ANSWER} if
 * the engine is exact. `memory` is the one that `kernels` work in; KNOWN_ANSWER_BYTES from `scratchBase` on are
 * overwritten.
 */
export function knownAnswer(
  kernels: Kernels,
  memory: { readonly buffer: ArrayBufferLike },
  scratchBase: number,
): string {
  const folded = fold(knownResults(kernels, memory, scratchBase));
  return bytesToHex(sha256(new Uint8Array(folded.buffer)));
}

/** The bits of all results, none of them a NaN. */
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

/**
 * Mixes the results into fewer words. Each step is a bijection of the word that it changes: one wrong result always
 * shows, and several cancel out once in 2^32. In a thread that has never hashed before, SHA-256 of all results would
 * take longer than everything else here.
 */
function fold(results: Uint32Array): Uint32Array {
  const folded = new Uint32Array(DIGEST_WORDS);
  for (let i = 0; i < results.length; i++) {
    const product = Math.imul(folded[i % DIGEST_WORDS]! ^ results[i]!, 0x9e3779b1);
    folded[i % DIGEST_WORDS] = product ^ (product >>> 15);
  }
  return folded;
}
