/**
 * Files as a source of bytes, plain or gzip. In goes a path, out come exactly the bytes that a caller
 * asks for, written into the caller's own memory, so that rows land in shared memory without a
 * second copy of the file. Gzip is recognised by its magic bytes, never by the name of the file.
 */

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '@hivegrad/shared/errors';

export interface ByteSource {
  readonly path: string;
  /** No more bytes than this can come out; exactly this many where `compressed` is false. */
  readonly bytesMax: number;
  readonly compressed: boolean;
  /** Fills `target` from the front and returns how many bytes there were: fewer only at the end. */
  read(target: Uint8Array): Promise<number>;
  close(): void;
}

/** Deflate codes at most 258 bytes in 2 bits (RFC 1951), so nothing grows more than this on inflation. */
const INFLATION_MAX = 1032;
/** Reads of 1 GiB stay below the limit of one system call. */
const READ_BYTES_MAX = 2 ** 30;

/** Opens a regular file; DATA_MISSING names the path when there is none or it cannot be read. */
export function openBytes(path: string): ByteSource {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const { size, compressed } = inspect(path, descriptor);
    if (!compressed) return plainSource(path, descriptor, size);
    const source = gzipSource(path, size);
    closeSync(descriptor);
    return source;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function inspect(path: string, descriptor: number): { size: number; compressed: boolean } {
  const stat = fstatSync(descriptor);
  if (!stat.isFile())
    throw new UserError('DATA_MISSING', `${path} is not a file; give the path of a data file.`);
  const magic = new Uint8Array(2);
  readSync(descriptor, magic, 0, 2, 0);
  return { size: stat.size, compressed: magic[0] === 0x1f && magic[1] === 0x8b };
}

/** The sentence for a path that cannot be opened or read. */
function unreadable(path: string, error: unknown): UserError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `There is no file ${path}; check the path in the configuration.`;
    return new UserError('DATA_MISSING', message, { cause: error });
  }
  if (code === 'EISDIR') {
    return new UserError('DATA_MISSING', `${path} is a directory; give the path of a data file.`, {
      cause: error,
    });
  }
  const message = `${path} cannot be read (${code}); check its permissions.`;
  return new UserError('DATA_MISSING', message, { cause: error });
}

function plainSource(path: string, descriptor: number, size: number): ByteSource {
  return {
    path,
    bytesMax: size,
    compressed: false,
    read(target) {
      let filled = 0;
      while (filled < target.length) {
        const wanted = Math.min(target.length - filled, READ_BYTES_MAX);
        const count = readSync(descriptor, target, filled, wanted, null);
        if (count === 0) break;
        filled += count;
      }
      return Promise.resolve(filled);
    },
    close: () => closeSync(descriptor),
  };
}

function gzipSource(path: string, size: number): ByteSource {
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  // The pipeline hands an error of the file on to `gunzip`, where the iterator below throws it.
  pipeline(createReadStream(path), gunzip, () => {});
  const chunks: AsyncIterator<Uint8Array> = gunzip[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    path,
    bytesMax: size * INFLATION_MAX,
    compressed: true,
    async read(target) {
      let filled = 0;
      while (filled < target.length) {
        if (rest.length === 0) {
          const next = await nextChunk(path, chunks);
          if (next === undefined) break;
          rest = next;
        }
        const part = rest.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
    close: () => void gunzip.destroy(),
  };
}

async function nextChunk(path: string, chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    const next = await chunks.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'Z_BUF_ERROR') {
      const message = `${path} ends in the middle of its gzip data; download it again.`;
      throw new UserError('DATA_TRUNCATED', message, { cause: error });
    }
    if (code.startsWith('Z_')) {
      const message = `The gzip data of ${path} are damaged (${code}); download the file again.`;
      throw new UserError('DATA_FORMAT', message, { cause: error });
    }
    throw unreadable(path, error);
  }
}
