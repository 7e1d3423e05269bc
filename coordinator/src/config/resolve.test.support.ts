/** What the tests of `resolveConfig` share: the least configuration, and what is said of a bad one. */

import { UserError } from '@hivegrad/shared/errors';
import { expect } from 'vitest';
import { parseConfig } from './document.ts';
import { applyFlags, type ConfigFlags } from './flags.ts';
import { type Resolution, resolveConfig } from './resolve.ts';

export const DENSE = { type: 'dense', units: 10 };
export const MINIMAL = { data: { kind: 'mnist' }, model: { layers: [DENSE] } };

export function resolved(settings: object, flags: ConfigFlags = {}): Resolution {
  return resolveConfig(applyFlags(parseConfig(settings, 'dir/mnist-mlp.json', '/home/ada'), flags));
}

/** The code and the lines of the error that `settings` raise, without the source. */
export function refusal(settings: object, flags: ConfigFlags = {}): string[] {
  try {
    resolved(settings, flags);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lines = error.message.split('\n');
    expect(lines[0]).toMatch(/^dir\/mnist-mlp\.json(: .| has \d+ problems:$)/);
    const sentences =
      lines.length > 1 ? lines.slice(1) : [error.message.slice('dir/mnist-mlp.json: '.length)];
    return [error.code, ...sentences.map((line) => line.replace(/^ {2}- /, ''))];
  }
  throw new Error(`accepted: ${JSON.stringify(settings)}`);
}

/** The refusal of the minimal configuration with `changes` at its top level. */
export function refusalWith(changes: object): string[] {
  return refusal({ ...MINIMAL, ...changes });
}
