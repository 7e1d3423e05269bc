/**
 * The options of the library's functions, which a caller in plain JavaScript may misspell. In: an object and the names
 * that a function takes; out: nothing, or a UserError that names the option and what it must be.
 */

import { UserError } from '@hivegrad/shared/errors';
import { nearest } from '../config/nearest.ts';

interface Rule {
  readonly holds: (value: unknown) => boolean;
  /** Goes on from "must be". */
  readonly must: string;
}

const text: Rule = { holds: (value) => typeof value === 'string' && value !== '', must: 'text' };
const flag: Rule = { holds: (value) => typeof value === 'boolean', must: 'true or false' };
const anything: Rule = { holds: () => true, must: 'anything' };
const words = (...known: readonly string[]): Rule => ({
  holds: (value) => known.includes(value as string),
  must: known.map((word) => JSON.stringify(word)).join(' or '),
});
const whole = (min: number): Rule => ({
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= min,
  must: `a whole number of at least ${min}`,
});

const compute = {
  threads: whole(1),
  kernels: words('simd', 'plain'),
  wide: flag,
} as const;
const onNotice: Rule = { holds: (value) => typeof value === 'function', must: 'a function' };

/** What each function takes. Configurations and arrays meet parsers of their own. */
const rules = {
  train: {
    ...compute,
    out: text,
    force: flag,
    resume: text,
    data: anything,
    signal: { holds: isSignal, must: 'an AbortSignal' },
  },
  evaluate: {
    ...compute,
    onNotice,
    config: anything,
    data: anything,
    on: words('train', 'validation', 'test'),
  },
  predict: {
    ...compute,
    onNotice,
    format: words('csv', 'json', 'parquet', 'npy', 'idx'),
    delimiter: text,
  },
  gradient: { shardSize: whole(1), begin: whole(0), weights: anything, seed: whole(0), step: whole(0) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Rule>>>>;

/** An option that is undefined counts as absent. @throws UserError CONFIG_UNKNOWN_KEY, CONFIG_INVALID */
export function checkOptions(call: keyof typeof rules, options: object): void {
  if (typeof options !== 'object' || options === null) {
    throw new UserError(
      'CONFIG_INVALID',
      `${call}: the options must be an object, but are ${String(options)}.`,
    );
  }
  const known: Readonly<Record<string, Rule>> = rules[call];
  const names = Object.keys(known);
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (rule === undefined) {
      const near = nearest(name, names);
      const remedy = near === undefined ? `the options are ${names.join(', ')}` : `did you mean ${near}?`;
      throw new UserError(
        'CONFIG_UNKNOWN_KEY',
        `${call}: ${name} is not an option; ${remedy}${near === undefined ? '.' : ''}`,
      );
    }
    if (value !== undefined && !rule.holds(value)) {
      throw new UserError('CONFIG_INVALID', `${call}: ${name} must be ${rule.must}, but is ${show(value)}.`);
    }
  }
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
