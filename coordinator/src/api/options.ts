/**
 * The options of the library's functions, which a caller in plain JavaScript may misspell. In: an object and the names
 * that a function, or an option that is an object itself, takes; out: nothing, or a UserError that names the option and
 * what it must be.
 */

import { inspect } from 'node:util';
import { UserError } from '@hivegrad/shared/errors';
import { nearest } from '../config/nearest.ts';
import { PORT_MAX, WORKERS_MAX } from '../lending/settings.ts';

interface Rule {
  readonly holds: (value: unknown) => boolean;
  /** Goes on from "must be". */
  readonly must: string;
  readonly isNeeded?: true;
}

const text: Rule = { holds: (value) => typeof value === 'string' && value !== '', must: 'text' };
const flag: Rule = { holds: (value) => typeof value === 'boolean', must: 'true or false' };
const anything: Rule = { holds: () => true, must: 'anything' };
const words = (...known: readonly string[]): Rule => ({
  holds: (value) => known.includes(value as string),
  must: known.map((word) => JSON.stringify(word)).join(' or '),
});
const texts: Rule = {
  holds: (value) => Array.isArray(value) && value.every((part) => text.holds(part)),
  must: 'a list of texts',
};
const whole = (min: number, max = Number.MAX_SAFE_INTEGER): Rule => ({
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  must:
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`,
});
const share: Rule = {
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  must: 'a number from 0 to 1',
};
const needed = (rule: Rule): Rule => ({ ...rule, isNeeded: true });
/** An object with rules of its own. */
const more: Rule = { holds: (value) => typeof value === 'object' && value !== null, must: 'an object' };

const compute = {
  threads: whole(1),
  kernels: words('simd', 'plain'),
  wide: flag,
} as const;
const onNotice: Rule = { holds: (value) => typeof value === 'function', must: 'a function' };

/** What each function and option takes. Configurations and arrays meet parsers of their own. */
const rules = {
  train: {
    ...compute,
    // None of its own are enough where others compute; which of the two it is shows when the run begins.
    threads: whole(0),
    out: text,
    force: flag,
    resume: text,
    data: anything,
    signal: { holds: isSignal, must: 'an AbortSignal' },
    listen: more,
  },
  listen: {
    port: needed(whole(0, PORT_MAX)),
    host: text,
    tls: more,
    origins: texts,
    token: text,
    maxWorkers: whole(1, WORKERS_MAX),
    share: words('useful', 'always'),
    audit: share,
    trustProxy: flag,
  },
  'listen.tls': { certificate: needed(text), key: needed(text) },
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
  for (const [name, { isNeeded, must }] of Object.entries(known)) {
    if (isNeeded && (options as Readonly<Record<string, unknown>>)[name] === undefined) {
      throw new UserError('CONFIG_INVALID', `${call}: ${name} is missing; it must be ${must}.`);
    }
  }
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : inspect(value, { depth: 0, breakLength: Infinity });
}
