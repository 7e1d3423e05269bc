/** A network as a person writes it, in a configuration or for the library, and complete as the program wants it. */

import { UserError } from '@hivegrad/shared/errors';
import type { ModelSpec } from '@hivegrad/shared/model/spec';
import type { z } from 'zod';
import { configProblems } from '../config/problems.ts';
import { completeLayer, modelSchema } from '../config/schema.ts';
import type { Unchanged } from './config-input.ts';

/** The `model` of a configuration, with the number of values in a sample; defaults may be left out. */
export interface ModelInput extends Unchanged<z.input<typeof modelSchema>> {
  readonly inputSize: number;
}

/** Fills in the defaults. @throws UserError CONFIG_INVALID, CONFIG_UNKNOWN_KEY */
export function completeModel({ inputSize, ...model }: ModelInput): ModelSpec {
  if (!Number.isInteger(inputSize) || inputSize < 1) {
    throw new UserError('CONFIG_INVALID', `inputSize is ${inputSize}; give a whole number above 0.`);
  }
  const parsed = modelSchema.safeParse(model);
  if (!parsed.success) fail(parsed.error.issues, model);
  const { layers, loss = 'softmaxCrossEntropy' } = parsed.data;
  return { inputSize, layers: layers.map(completeLayer), loss };
}

/** In the words that a whole configuration would get. */
function fail(issues: readonly z.core.$ZodIssue[], model: unknown): never {
  const problems = configProblems(
    issues.map((issue) => ({ ...issue, path: ['model', ...issue.path] })),
    { model },
  );
  const code = problems.some(({ kind }) => kind === 'unknownKey') ? 'CONFIG_UNKNOWN_KEY' : 'CONFIG_INVALID';
  throw new UserError(
    code,
    problems
      .map(({ sentence }) => `${sentence}.`)
      .join('\n')
      .replaceAll('?.', '?'),
  );
}
