/**
 * A network as JSON, for whoever has nothing but a JSON parser. In: a trained network; out: UTF-8 text with the
 * model, the encoding of its data, and the weights as nested arrays, a row of a matrix a line. Each number is short
 * and reads back, rounded to float32, as the very weight that it was written from.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { SavedParameter } from '../checkpoint/format.ts';
import type { TrainedNetwork } from './network.ts';
import { joined } from './protobuf.ts';

/** Six digits tell a float32 from its neighbours or not; nine always do. */
const DIGITS_MIN = 6;
const DIGITS_MAX = 9;

/** @throws UserError `EXPORT_NOT_FINITE` where a weight is NaN or infinite, for which JSON has no number */
export function encodeJson(network: TrainedNetwork): Uint8Array<ArrayBuffer> {
  const { model, encoding, parameters, weights, weightsDigest, configDigest, dataDigest, step } = network;
  const head = {
    format: 'hivegrad-weights-1',
    step,
    weightsSha256: weightsDigest,
    configSha256: configDigest,
    dataSha256: dataDigest,
    model,
    encoding: encoding ?? null,
  };
  const lines = Object.entries(head).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
  );
  const utf8 = new TextEncoder();
  const chunks = [utf8.encode(`{\n${lines.join('')}"parameters": {\n`)];
  for (const [index, parameter] of parameters.entries()) {
    chunks.push(utf8.encode(`${index === 0 ? '' : ',\n'}${JSON.stringify(parameter.name)}: `));
    // A row at a time: a string holds half a gigabyte at most, and a parameter may have more.
    for (const text of arrayTexts(parameter, weights)) chunks.push(utf8.encode(text));
  }
  return joined([...chunks, utf8.encode('\n}\n}\n')]);
}

/** The shortest of 6 to 9 digits that `Math.fround` takes back to the same float32, minus zero included. */
export function float32Text(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = DIGITS_MIN; digits < DIGITS_MAX; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(DIGITS_MAX)));
}

/** The text of one parameter in parts: a vector in one line, a matrix in a line for each row. */
function* arrayTexts(
  { name, shape, offset, size }: SavedParameter,
  weights: Float32Array,
): Generator<string> {
  const columns = shape[1] ?? size;
  const row = (begin: number): string => {
    const texts = Array.from(weights.subarray(begin, begin + columns), (value) => {
      if (Number.isFinite(value)) return float32Text(value);
      const message = `${name} holds ${value}, for which JSON has no number. Export the network as safetensors or npz.`;
      throw new UserError('EXPORT_NOT_FINITE', message);
    });
    return `[${texts.join(', ')}]`;
  };
  if (shape.length === 1) return yield row(offset);
  yield '[\n';
  for (let at = 0; at < size; at += columns) yield `${at === 0 ? '' : ',\n'}${row(offset + at)}`;
  yield '\n]';
}
