/** A network as a person writes it, in a configuration or for the library, and complete as the program wants it. */

import { UserError } from '@hivegrad/shared/errors';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import { prettifyError, type z } from 'zod';
import { completeLayer, modelSchema } from '../config/schema.ts';

/** The `model` of a configuration, with the number of values in a sample; defaults may be left out. */
export interface ModelInput extends Readonly<z.input<typeof modelSchema>> {
  readonly inputSize: number;
}

/** Fills in the defaults. @throws UserError CONFIG_INVALID, CONFIG_UNKNOWN_KEY */
export function completeModel({ inputSize, ...model }: ModelInput): ModelSpec {
  if (!Number.isInteger(inputSize) || inputSize < 1) {
    throw new UserError('CONFIG_INVALID', `inputSize is ${inputSize}; give a whole number above 0.`);
  }
  const parsed = modelSchema.safeParse(model);
  if (!parsed.success)
    throw new UserError('CONFIG_INVALID', `The model is not one: ${prettifyError(parsed.error)}`);
  const { layers, loss = 'softmaxCrossEntropy' } = parsed.data;
  return { inputSize, layers: layers.map(completeLayer), loss };
}
