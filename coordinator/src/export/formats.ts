/** The formats that a network can be exported in: their names, which are the extensions too, and their encoders. */

import { extname } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { nearest } from '../config/nearest.ts';
import { encodeJson } from './json.ts';
import type { TrainedNetwork } from './network.ts';
import { encodeNpz } from './npz.ts';
import { encodeOnnx } from './onnx.ts';
import { encodeWeights } from './safetensors.ts';

export const exportFormats = ['safetensors', 'npz', 'onnx', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/**
 * The format that was asked for by name, or by the extension of the output where no name was given.
 * @throws UserError `EXPORT_FORMAT`
 */
export function exportFormat(name: string | undefined, out: string | undefined): ExportFormat {
  const word = name ?? (out === undefined ? '' : extname(out).slice(1));
  const format = exportFormats.find((known) => known === word);
  if (format !== undefined) return format;
  const list = exportFormats.join(', ');
  if (word === '')
    throw new UserError('EXPORT_FORMAT', `Say which format to write: --format is one of ${list}.`);
  const guess = nearest(word, exportFormats);
  const message = `There is no export format "${word}"; ${guess === undefined ? '' : `the nearest is "${guess}", and `}--format is one of ${list}.`;
  throw new UserError('EXPORT_FORMAT', message);
}

/** The bytes of the file; `name` and `version` are what an ONNX model says about itself. */
export function encodeNetwork(
  network: TrainedNetwork,
  format: ExportFormat,
  about: { name: string; version: string },
): Uint8Array<ArrayBuffer> {
  switch (format) {
    case 'safetensors':
      return encodeWeights(network);
    case 'npz':
      return encodeNpz(network);
    case 'onnx':
      return encodeOnnx(network, about);
    case 'json':
      return encodeJson(network);
  }
}
