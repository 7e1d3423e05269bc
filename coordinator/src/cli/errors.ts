/**
 * What the command line says and returns when something was thrown. In: anything; out: text for stderr and the
 * exit code. Three kinds: a mistake outside the program, a run that diverged, and a bug.
 */

import { inspect } from 'node:util';
import { DivergenceError, UserError } from '@hivegrad/shared/errors';

/** 2 for bad input, 3 for a run that diverged, 1 for anything else, which is a bug. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  if (error instanceof UserError) return 2;
  if (error instanceof DivergenceError) return 3;
  return 1;
}

/** The sentences to print; a bug shows everything that is known about it. */
export function describeError(error: unknown): string {
  if (error instanceof UserError) return `Error ${error.code}: ${error.message}`;
  if (error instanceof DivergenceError) return `Diverged: ${error.message}`;
  // inspect shows the stack, the causes and the parts of an AggregateError, and survives any value.
  return `${inspect(error)}\nThis is a bug in hivegrad. Please report it with the lines above and the command that you ran.`;
}
