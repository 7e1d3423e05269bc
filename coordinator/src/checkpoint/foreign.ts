/**
 * Files that are no checkpoints of ours although they are in order: those of other programs, and those that were
 * exported. In: the bytes of a file; out: what it is, so that it is not called damaged.
 */

import { UserError } from '@hivegrad/shared/errors';
import { LENGTH_BYTES, readEntries } from './safetensors.ts';

/** Every version of our format begins so. */
const FORMAT_PREFIX = 'hivegrad-';

/** @throws UserError `CHECKPOINT_FOREIGN` that says what the file is and which files are read */
export function requireOurs(bytes: Uint8Array, path: string): void {
  const kind = foreignKind(bytes, path);
  if (kind !== undefined) throw foreign(path, kind);
  if (!isForeignSafetensors(bytes, path)) return;
  throw foreign(
    path,
    `another safetensors file: it holds no state of a training. "hivegrad inspect" lists its tensors`,
  );
}

/** @throws UserError `CHECKPOINT_FOREIGN` where the file is of a kind that has a name and is not safetensors */
export function requireSafetensors(bytes: Uint8Array, path: string): void {
  const kind = foreignKind(bytes, path);
  if (kind !== undefined) throw foreign(path, kind);
}

/** Whether these are the metadata of one of our checkpoints, of whatever version. */
export function areOurs(metadata: Readonly<Record<string, string>>): boolean {
  return metadata.format?.startsWith(FORMAT_PREFIX) === true;
}

function isForeignSafetensors(bytes: Uint8Array, path: string): boolean {
  try {
    return !areOurs(readEntries(bytes, path).metadata);
  } catch (error) {
    // What is wrong with it is told by whoever decodes it.
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** What the first bytes say, or for ONNX, which has no magic number, the name. */
function foreignKind(bytes: Uint8Array, path: string): string | undefined {
  const latin1 = new TextDecoder('latin1');
  const begin = latin1.decode(bytes.subarray(0, LENGTH_BYTES + 1));
  if (begin[LENGTH_BYTES] === '{' && !path.endsWith('.onnx')) return undefined;
  if (begin.startsWith('PK\x03\x04')) return 'a ZIP archive, as .npz and .pt files are';
  if (begin.startsWith('\x93NUMPY')) return 'a NumPy array';
  if (path.endsWith('.onnx')) return 'an ONNX model';
  if (begin.startsWith('{')) return 'JSON';
  return undefined;
}

function foreign(path: string, kind: string): UserError {
  const message =
    `${path} is no checkpoint but ${kind}. Name the directory of a run, or a step-N.safetensors in its ` +
    'directory checkpoints.';
  return new UserError('CHECKPOINT_FOREIGN', message);
}
