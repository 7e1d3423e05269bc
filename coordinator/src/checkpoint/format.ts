/**
 * A checkpoint: weights, optimizer state and what they belong to, as one safetensors file.
 *
 * Tensors carry the names and shapes that `torch.nn.Linear` gives them (`layers.0.weight` of
 * [outputs, inputs], `layers.0.bias`), followed by `optimizer.<slot>.<parameter>` and, where a run keeps the
 * best weights so far beside the present ones, `best.<parameter>`; everything else is in the metadata. The first metadata entry is a SHA-256 over the file, taken with its own 64
 * characters as zeros, so any change or cut of the file, header included, is detected.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { ParameterInfo } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import {
  damaged,
  decodeSafetensors,
  encodeSafetensors,
  LENGTH_BYTES,
  type Tensor,
  valueCount,
} from './safetensors.ts';
import { sha256 } from './sha256.ts';

/** What a checkpoint says about a parameter: everything but the layer it belongs to. */
export type SavedParameter = Pick<ParameterInfo, 'name' | 'shape' | 'offset' | 'size'>;

interface CheckpointBase {
  /** Number of optimizer steps taken. */
  readonly step: number;
  /** They follow each other without a gap and fill the vector of P weights. */
  readonly parameters: readonly SavedParameter[];
  /** P values. */
  readonly weights: Float32Array;
  /** Names of the vectors that the optimizer keeps, such as the two moments of Adam. */
  readonly optimizerSlots: readonly string[];
  /** `optimizerSlots.length` x P values, one slot after the other. */
  readonly optimizerState: Float32Array;
  /** P values: with early stopping, the best weights so far; absent where the run keeps none. */
  readonly bestWeights?: Float32Array;
  readonly configDigest: string;
  readonly dataDigest: string;
  /** Whatever else a strategy has to find again. */
  readonly extra: Readonly<Record<string, string>>;
}

export interface CheckpointContent extends CheckpointBase {
  /** So that the network can be rebuilt from the checkpoint alone. */
  readonly model: ModelSpec;
}

export interface Checkpoint extends CheckpointBase {
  /** JSON as it stands in the file: whoever rebuilds the network parses it like a configuration. */
  readonly model: unknown;
  /** SHA-256 in hex over the little-endian bytes of `weights`. */
  readonly weightsDigest: string;
}

const FORMAT = 'hivegrad-1';
const CHECKSUM_ZEROS = '0'.repeat(64);
/** What stands between the length and the checksum: its place is fixed, so it is found without trust. */
const BEFORE_CHECKSUM = '{"__metadata__":{"checksum":"';
const CHECKSUM_BEGIN = LENGTH_BYTES + BEFORE_CHECKSUM.length;
const CHECKSUM_END = CHECKSUM_BEGIN + CHECKSUM_ZEROS.length;
const EXTRA_PREFIX = 'extra.';
const SLOT_PREFIX = 'optimizer.';
const BEST_PREFIX = 'best.';

/** SHA-256 in hex over the little-endian bytes of a flat weight vector. */
export function weightsDigest(weights: Float32Array): string {
  // A copy, because the vector may lie in memory that threads share.
  return sha256(new Uint8Array(weights.slice().buffer));
}

/** The bytes of a checkpoint file; the same content always gives the same bytes. */
export function encodeCheckpoint(content: CheckpointContent): Uint8Array<ArrayBuffer> {
  const { parameters, optimizerSlots: slots } = content;
  // A snapshot, because the vectors may lie in memory that threads share and go on writing.
  const weights = content.weights.slice();
  if (content.optimizerState.length !== slots.length * weights.length) {
    throw new Error(
      `${content.optimizerState.length} optimizer values for ${slots.length} x ${weights.length}`,
    );
  }
  const tensors = split(parameters, weights, '');
  slots.forEach((slot, index) => {
    const state = content.optimizerState.subarray(index * weights.length, (index + 1) * weights.length);
    tensors.push(...split(parameters, state, `${SLOT_PREFIX}${slot}.`));
  });
  if (content.bestWeights !== undefined) tensors.push(...split(parameters, content.bestWeights, BEST_PREFIX));
  const metadata: Record<string, string> = {
    checksum: CHECKSUM_ZEROS,
    format: FORMAT,
    step: String(content.step),
    weightsSha256: weightsDigest(weights),
    configSha256: content.configDigest,
    dataSha256: content.dataDigest,
    model: JSON.stringify(content.model),
    optimizerSlots: JSON.stringify(slots),
  };
  for (const key of Object.keys(content.extra).sort())
    metadata[EXTRA_PREFIX + key] = content.extra[key] ?? '';
  const file = encodeSafetensors(tensors, metadata);
  file.set(new TextEncoder().encode(sha256(file)), CHECKSUM_BEGIN);
  return file;
}

/**
 * Decodes and verifies a whole file; `source` names it in errors. The weights share no memory with it.
 * @throws UserError `CHECKPOINT_DAMAGED` when a byte changed, is missing or is too many, when the file
 *   is no hivegrad checkpoint, or when its content contradicts itself.
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  verifyChecksum(bytes, source);
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  const text = (key: string): string => {
    const value = metadata[key];
    if (value === undefined) throw damaged(source, `its metadata lack ${key}`);
    return value;
  };
  if (text('format') !== FORMAT) {
    throw damaged(source, `it has the format ${text('format')}, and this version reads ${FORMAT}`);
  }
  const step = Number(text('step'));
  if (!Number.isSafeInteger(step) || String(step) !== text('step') || step < 0) {
    throw damaged(source, `its step is ${text('step')} instead of a whole number`);
  }
  const slots = parseJson(text('optimizerSlots'), 'optimizerSlots', source);
  if (!Array.isArray(slots) || !slots.every((slot) => typeof slot === 'string')) {
    throw damaged(source, 'its optimizerSlots are not a list of names');
  }
  const hasBest = tensors.at(-1)?.name.startsWith(BEST_PREFIX) === true;
  const groups = ['', ...slots.map((slot) => `${SLOT_PREFIX}${slot}.`), ...(hasBest ? [BEST_PREFIX] : [])];
  const parameters = readParameters(tensors, groups, { source, slots });
  const stateEnd = parameters.length * (slots.length + 1);
  const weights = concatenate(tensors.slice(0, parameters.length));
  const digest = weightsDigest(weights);
  if (digest !== text('weightsSha256'))
    throw damaged(source, 'its weights are not those of its weightsSha256');
  const extra = Object.entries(metadata)
    .filter(([key]) => key.startsWith(EXTRA_PREFIX))
    .map(([key, value]) => [key.slice(EXTRA_PREFIX.length), value] as const);
  return {
    step,
    parameters,
    weights,
    optimizerSlots: slots,
    optimizerState: concatenate(tensors.slice(parameters.length, stateEnd)),
    ...(hasBest && { bestWeights: concatenate(tensors.slice(stateEnd)) }),
    configDigest: text('configSha256'),
    dataDigest: text('dataSha256'),
    extra: Object.fromEntries(extra),
    model: parseJson(text('model'), 'model', source),
    weightsDigest: digest,
  };
}

/** Refuses (`CHECKPOINT_DIFFERS`) a checkpoint whose parameters are not those of the network at hand. */
export function requireParameters(
  checkpoint: Checkpoint,
  parameters: readonly SavedParameter[],
  source: string,
): void {
  const describe = (one: SavedParameter | undefined): string =>
    one === undefined ? 'nothing' : `${one.name} [${one.shape.join(', ')}]`;
  const length = Math.max(parameters.length, checkpoint.parameters.length);
  for (let index = 0; index < length; index++) {
    const saved = describe(checkpoint.parameters[index]);
    const wanted = describe(parameters[index]);
    if (saved === wanted) continue;
    const message = `The checkpoint ${source} has ${saved} where the network has ${wanted}. Use the configuration that the checkpoint was written with.`;
    throw new UserError('CHECKPOINT_DIFFERS', message);
  }
}

function verifyChecksum(bytes: Uint8Array, source: string): void {
  const latin1 = new TextDecoder('latin1');
  if (latin1.decode(bytes.subarray(LENGTH_BYTES, CHECKSUM_BEGIN)) !== BEFORE_CHECKSUM) {
    throw damaged(source, 'it does not begin like a hivegrad checkpoint');
  }
  const zeros = new TextEncoder().encode(CHECKSUM_ZEROS);
  const digest = sha256(bytes.subarray(0, CHECKSUM_BEGIN), zeros, bytes.subarray(CHECKSUM_END));
  if (latin1.decode(bytes.subarray(CHECKSUM_BEGIN, CHECKSUM_END)) !== digest) {
    throw damaged(
      source,
      `its ${bytes.length} bytes do not match its checksum, so it was changed or cut short`,
    );
  }
}

/** One tensor per parameter, each a view of its part of `vector`. */
function split(parameters: readonly SavedParameter[], vector: Float32Array, prefix: string): Tensor[] {
  let end = 0;
  const tensors = parameters.map(({ name, shape, offset, size }): Tensor => {
    if (offset !== end) throw new Error(`${name} begins at ${offset} instead of ${end}`);
    end += size;
    return { name: prefix + name, dtype: 'F32', shape, data: vector.subarray(offset, end) };
  });
  if (end !== vector.length) throw new Error(`parameters fill ${end} of ${vector.length} values`);
  return tensors;
}

/** The layout of the network, read from the first tensors; each group has them all, under its own prefix. */
function readParameters(
  tensors: readonly Tensor[],
  groups: readonly string[],
  { source, slots }: { source: string; slots: readonly string[] },
): SavedParameter[] {
  const parameters: SavedParameter[] = [];
  let offset = 0;
  for (const { name, shape } of tensors.slice(0, Math.floor(tensors.length / groups.length))) {
    const size = valueCount(shape);
    parameters.push({ name, shape, offset, size });
    offset += size;
  }
  const expected = groups.flatMap((prefix) =>
    parameters.map(({ name, shape }) => ({ name: prefix + name, shape })),
  );
  tensors.forEach(({ name, shape }, index) => {
    const wanted = expected[index];
    if (wanted?.name === name && String(wanted.shape) === String(shape)) return;
    throw damaged(
      source,
      `tensor ${name} [${shape.join(', ')}] does not fit its optimizer slots [${slots.join(', ')}]`,
    );
  });
  return parameters;
}

/** All values one after the other, in memory of their own. */
function concatenate(tensors: readonly Tensor[]): Float32Array {
  const flat = new Float32Array(tensors.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of tensors) {
    flat.set(data, at);
    at += data.length;
  }
  return flat;
}

function parseJson(text: string, key: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(source, `its ${key} is not JSON`, cause);
  }
}
