/** SHA-256 of bytes of any length, in hex. */

import { createHash } from 'node:crypto';

/** One call of the hash takes less than 2^31 bytes. */
const CHUNK_BYTES = 2 ** 30;

/** The digest of all parts one after the other: 64 lower-case hex characters. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) hash.update(part.subarray(at, at + CHUNK_BYTES));
  }
  return hash.digest('hex');
}
