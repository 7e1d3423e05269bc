/**
 * A trained network as other programs want it: what a checkpoint says about it, parsed. In: a checkpoint whose
 * checksum held; out: its model, its weights, and how rows of data become its inputs. The optimizer stays behind.
 */

import type { DataEncoding } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import * as z from 'zod';
import { type Checkpoint, requireParameters, type SavedParameter } from '../checkpoint/format.ts';
import { completeLayer, modelSchema } from '../config/schema.ts';

export interface TrainedNetwork {
  readonly model: ModelSpec;
  /** In the order of the flat vector, without gaps. */
  readonly parameters: readonly SavedParameter[];
  readonly weights: Float32Array;
  /** SHA-256 in hex over the weights, as the last line of a training shows it. */
  readonly weightsDigest: string;
  readonly configDigest: string;
  readonly dataDigest: string;
  /** Number of optimizer steps taken. */
  readonly step: number;
  /** Absent where the checkpoint does not tell how its data were encoded. */
  readonly encoding: DataEncoding | undefined;
}

/** @throws UserError `CHECKPOINT_DIFFERS` where another version wrote what this one does not understand */
export function networkOf(checkpoint: Checkpoint, source: string): TrainedNetwork {
  const model = modelOf(checkpoint.model, source);
  requireParameters(checkpoint, parametersOf(model), source);
  const encoding = encodingOf(checkpoint.extra.encoding, source);
  if (encoding !== undefined && inputWidth(encoding) !== model.inputSize) {
    const what = `an encoding of ${inputWidth(encoding)} inputs for a network of ${model.inputSize}`;
    throw unknown(source, what);
  }
  const { parameters, weights, weightsDigest, configDigest, dataDigest, step } = checkpoint;
  return { model, parameters, weights, weightsDigest, configDigest, dataDigest, step, encoding };
}

/** The ModelSpec of a checkpoint's JSON, by the parser of configurations. @throws UserError `CHECKPOINT_DIFFERS` */
export function modelOf(json: unknown, source: string): ModelSpec {
  const parsed = z.looseObject({ inputSize: z.int().min(1) }).safeParse(json);
  if (!parsed.success) throw unknown(source, 'a model without an input size');
  const { inputSize, ...rest } = parsed.data;
  const model = modelSchema.safeParse(rest);
  if (!model.success) {
    const issue = model.error.issues[0];
    throw unknown(source, `a model in which ${['model', ...(issue?.path ?? [])].join('.')} is not known`);
  }
  const { layers, loss } = model.data;
  if (loss === undefined) throw unknown(source, 'a model without a loss');
  return { inputSize, layers: layers.map(completeLayer), loss };
}

const numbers = z.array(z.number());
const names = z.array(z.string());
const width = z.int().min(1);

const column = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('number'), name: z.string(), mean: z.number(), deviation: z.number() }),
  z.object({ kind: z.literal('category'), name: z.string(), categories: names }),
]);

const encodingSchema = z.object({
  input: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('bytes'), width, scale: z.enum(['unit', 'none']) }),
    z.object({
      kind: z.literal('numbers'),
      width,
      means: z.exactOptional(numbers),
      deviations: z.exactOptional(numbers),
    }),
    z.object({ kind: z.literal('columns'), columns: z.array(column) }),
  ]),
  target: z.object({ kind: z.enum(['classes', 'values']), names }),
}) satisfies z.ZodType<DataEncoding>;

function encodingOf(text: string | undefined, source: string): DataEncoding | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unknown(source, 'a data encoding that is not JSON');
  }
  const parsed = encodingSchema.safeParse(json);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw unknown(source, `a data encoding whose ${path === '' ? 'form' : path} is not known`);
  }
  return parsed.data;
}

/** Number of values that the encoding puts before the network. */
function inputWidth({ input }: DataEncoding): number {
  if (input.kind !== 'columns') return input.width;
  return input.columns.reduce((sum, one) => sum + (one.kind === 'number' ? 1 : one.categories.length), 0);
}

function unknown(source: string, what: string): UserError {
  const message = `${source} holds ${what}. Use it with the version of hivegrad that wrote it.`;
  return new UserError('CHECKPOINT_DIFFERS', message);
}
