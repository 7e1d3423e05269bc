/** Files of UTF-8 text, read as a whole: what CSV and JSON have in common. */

import { constants } from 'node:buffer';
import { UserError } from '@hivegrad/shared/errors';
import { openBytes } from './bytes.ts';

/**
 * The text of a file, without a byte order mark. `format` is its name in sentences, "CSV".
 * Errors: DATA_MISSING, DATA_FORMAT (compressed, too long for one text, another encoding).
 */
export async function readText(path: string, format: string): Promise<string> {
  const source = openBytes(path);
  try {
    if (source.compressed) {
      throw new UserError(
        'DATA_FORMAT',
        `${path} is compressed with gzip; unpack it (gunzip) and name the result.`,
      );
    }
    if (source.bytesMax > constants.MAX_STRING_LENGTH) {
      const message =
        `${path} is larger than ${constants.MAX_STRING_LENGTH} bytes, the most that a ${format} file may have; ` +
        'use Parquet or NPY.';
      throw new UserError('DATA_FORMAT', message);
    }
    const bytes = new Uint8Array(source.bytesMax);
    const count = await source.read(bytes);
    // The decoder drops a byte order mark and, being fatal, refuses other encodings.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, count));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = `${path} is not UTF-8 text; save it as ${format} in UTF-8.`;
    throw new UserError('DATA_FORMAT', message, { cause: error });
  } finally {
    source.close();
  }
}
