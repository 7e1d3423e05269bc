/**
 * Small parsers of single values, and the one for maps that is put together of them. Each takes a value that a
 * decoder made of a stranger's bytes and returns it with its type, or throws a ProtocolError that names where it
 * stood.
 */

import { areFiniteBits } from './codec.ts';
import { ProtocolError } from './errors.ts';

/** `where` names the value for people, as in "hello.threads". */
export type Read<T> = (value: unknown, where: string) => T;

export interface Field<T> {
  readonly read: Read<T>;
  readonly optional: boolean;
}

/** A field for each key of T but `type` and `body`, which the frame decides. */
export type Fields<T> = { readonly [K in Exclude<keyof T, 'type' | 'body'>]-?: Field<NonNullable<T[K]>> };

export const required = <T>(read: Read<T>): Field<T> => ({ read, optional: false });
export const optional = <T>(read: Read<T>): Field<T> => ({ read, optional: true });

/** An integer in [min, max]. */
export const whole =
  (min: number, max: number): Read<number> =>
  (value, where) => {
    if (typeof value !== 'number') throw wrongKind(value, where, 'a number');
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new ProtocolError(
        'OUT_OF_RANGE',
        `${where} is ${value}; it has to be an integer from ${min} to ${max}.`,
      );
    }
    return value;
  };

/** Any number in [min, max], or below it where `open`; no NaN. */
export const real =
  (min: number, max: number, open = false): Read<number> =>
  (value, where) => {
    if (typeof value !== 'number') throw wrongKind(value, where, 'a number');
    if (!(value >= min && value <= max) || (open && value === max)) {
      throw new ProtocolError('OUT_OF_RANGE', `${where} is ${value}; it has to be in ${min}..${max}.`);
    }
    return value;
  };

export const flag: Read<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw wrongKind(value, where, 'true or false');
  return value;
};

/** The bits of a finite float32. */
export const finiteBits: Read<number> = (value, where) => {
  const bits = whole(0, 0xffffffff)(value, where);
  if (!areFiniteBits(bits)) throw new ProtocolError('NOT_FINITE');
  return bits;
};

export const oneOf =
  <const T extends string>(choices: readonly T[]): Read<T> =>
  (value, where) => {
    if (typeof value !== 'string') throw wrongKind(value, where, 'a word');
    if (!(choices as readonly string[]).includes(value)) {
      throw new ProtocolError(
        'OUT_OF_RANGE',
        `${where} is ${quote(value)}; it has to be ${choices.join(', ')}.`,
      );
    }
    return value as T;
  };

/** So many lower-case hexadecimal digits. They may be a secret, so no sentence repeats them. */
export const hex =
  (digits: number): Read<string> =>
  (value, where) => {
    if (typeof value !== 'string') throw wrongKind(value, where, 'a text');
    if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) {
      throw new ProtocolError('BAD_TEXT', `${where} has to be ${digits} lower-case hexadecimal digits.`);
    }
    return value;
  };

/** Text to be shown to people. */
export const text =
  (lengthMax: number): Read<string> =>
  (value, where) => {
    if (typeof value !== 'string') throw wrongKind(value, where, 'a text');
    if (!isCleanText(value, lengthMax)) {
      throw new ProtocolError(
        'BAD_TEXT',
        `${where} has to be a text of at most ${lengthMax} characters without control characters.`,
      );
    }
    return value;
  };

/** Controls, halves of characters, line and paragraph separators, and what is invisible or turns the direction. */
const UNCLEAN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!\u200d)\p{Cf}/u;
const UNCLEAN_ALL = new RegExp(UNCLEAN, 'gu');

/** Whether a text is short enough and can be shown on one line as it is. It may still hold HTML: escape it. */
export function isCleanText(value: string, lengthMax: number): boolean {
  return value.length <= lengthMax && !UNCLEAN.test(value);
}

/** The same text, cut and with a question mark for each character that {@link isCleanText} does not allow. */
export function cleanText(value: string, lengthMax: number): string {
  return value.slice(0, lengthMax).replace(UNCLEAN_ALL, '?');
}

/**
 * A map with exactly these keys, but for optional ones; `implied` are keys that the caller has read itself.
 * The result has a plain prototype and the same values.
 */
export function readMap<T>(
  value: unknown,
  where: string,
  { fields, implied = [] }: { fields: Fields<T>; implied?: readonly string[] },
): Omit<T, 'type' | 'body'> {
  if (!isMap(value)) throw wrongKind(value, where, 'a map');
  const table = fields as Readonly<Record<string, Field<unknown>>>;
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(table, key) && !implied.includes(key)) {
      throw new ProtocolError(
        'UNKNOWN_KEY',
        `${where} has the key ${quote(key)}, which does not belong to it.`,
      );
    }
  }
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(table)) {
    if (Object.hasOwn(value, key)) result[key] = field.read(value[key], `${where}.${key}`);
    else if (!field.optional) throw new ProtocolError('MISSING_KEY', `${where} lacks the key "${key}".`);
  }
  return result as Omit<T, 'type' | 'body'>;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function wrongKind(value: unknown, where: string, wanted: string): ProtocolError {
  return new ProtocolError('WRONG_KIND', `${where} is ${kindOf(value)}; it has to be ${wanted}.`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

/** A stranger's text inside a sentence: short, and with everything that is not plain made visible. */
export function quote(value: string): string {
  return JSON.stringify(cleanText(value, 40));
}
