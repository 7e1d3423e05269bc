/**
 * What is wrong with a configuration, in sentences. In: the issues that the schema found and the value that it
 * looked at; out: one line per problem that names the setting, what it must be and what it is, with the nearest
 * known word where one is misspelt. Nothing here decides what is valid; schema.ts does.
 */

import type * as z from 'zod';
import { nearest, nearestFirst } from './nearest.ts';
import { configSchema } from './schema.ts';

type Path = readonly PropertyKey[];

export interface ConfigProblem {
  /** Whether a key that does not exist is to blame, rather than the value of one that does. */
  readonly kind: 'unknownKey' | 'invalid';
  /** The setting, as in `model.layers[1].units`; '' is the whole file. */
  readonly path: string;
  readonly sentence: string;
}

/** Keys that people look for in the wrong place, and where they are. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  threads: 'pass --threads on the command line; it may not change the result, so it is no part of it',
  learningRate: 'write optimizer.learningRate',
  layers: 'write model.layers',
  loss: 'write model.loss',
};

/** What to write where a required part is absent. */
const EXAMPLES: Readonly<Record<string, string>> = {
  data: 'say where the samples come from, e.g. "data": {"kind": "mnist"}',
  model:
    'say which network to train, e.g. "model": {"layers": [{"type": "dense", "units": 128, "activation": ' +
    '"relu"}, {"type": "dense", "units": 10}]}',
};

/** The problems behind the `issues` that `schema` has with `input`, unknown keys first, one per setting. */
export function configProblems(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  schema: z.core.$ZodType = configSchema,
): ConfigProblem[] {
  const unknown = issues
    .filter((issue) => issue.code === 'unrecognized_keys')
    .flatMap((issue) => unknownKeys(issue, input, schema));
  const meant = new Set(unknown.map((problem) => problem.meant));
  const problems: ConfigProblem[] = unknown.map(({ path, sentence }) => ({
    kind: 'unknownKey',
    path,
    sentence,
  }));
  const named = new Set<string>();
  for (const issue of issues) {
    const path = formatPath(issue.path);
    // A misspelt key is one mistake, not also a missing setting, and one value is wrong once.
    if (issue.code === 'unrecognized_keys' || named.has(path) || meant.has(path)) continue;
    named.add(path);
    problems.push({
      kind: 'invalid',
      path,
      sentence: invalidSentence(issue, path, valueAt(input, issue.path)),
    });
  }
  return problems;
}

/** `['model', 'layers', 1, 'units']` as `model.layers[1].units`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, input: unknown, schema: z.core.$ZodType) {
  const known = keysAt(schema, issue.path, input);
  return issue.keys.map((key) => {
    const path = formatPath([...issue.path, key]);
    const near = nearest(key, known);
    if (near !== undefined) {
      const meant = formatPath([...issue.path, near]);
      return { path, meant, sentence: `${path} is not a setting; did you mean ${near}?` };
    }
    const elsewhere = issue.path.length === 0 && Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
    const remedy = elsewhere ?? `the settings ${within(issue.path)} are ${known.join(', ')}`;
    return { path, meant: undefined, sentence: `${path} is not a setting; ${remedy}` };
  });
}

function within(path: Path): string {
  return path.length === 0 ? 'of the file' : `of ${formatPath(path)}`;
}

function invalidSentence(issue: z.core.$ZodIssue, path: string, value: unknown): string {
  const subject = path === '' ? 'The configuration' : path;
  const example = Object.hasOwn(EXAMPLES, path) ? EXAMPLES[path] : undefined;
  if (value === undefined && example !== undefined) return `${subject} is missing; ${example}`;
  const allowed = allowedWords(issue, value);
  const must = allowed === undefined ? requirement(issue) : `must be ${oneOf(allowed)}`;
  if (value === undefined) return `${subject} is missing; it ${must}`;
  const near = typeof value === 'string' && allowed !== undefined ? nearest(value, allowed) : undefined;
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return `${subject} ${must}, but is ${show(value)}${hint}`;
}

/** The words that the setting may be, nearest to `value` first, or undefined where it is not one of a few. */
function allowedWords(issue: z.core.$ZodIssue, value: unknown): string[] | undefined {
  let words: readonly string[];
  if (issue.code === 'invalid_value') words = issue.values.map(String);
  else if (issue.code === 'invalid_union' && 'options' in issue) words = (issue.options ?? []).map(String);
  else return undefined;
  return typeof value === 'string' ? nearestFirst(value, words) : [...words];
}

function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  return quoted.length === 1 ? (quoted[0] ?? '') : `one of ${quoted.join(', ')}`;
}

/** What the issue asks for, as the rest of a sentence that starts with the setting's name. */
function requirement(issue: z.core.$ZodIssue): string {
  // Sentences that the schema brings itself start like those that are made here.
  if (issue.message.startsWith('must ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`;
    case 'too_small':
      return `must ${bound(issue, Number(issue.minimum), 'at least', 'greater than')}`;
    case 'too_big':
      return `must ${bound(issue, Number(issue.maximum), 'at most', 'less than')}`;
    case 'invalid_union':
      return `must be ${issue.errors.map(([first]) => (first?.code === 'invalid_type' ? typeName(first.expected) : 'valid')).join(' or ')}`;
    default:
      return 'is not valid';
  }
}

function bound(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  limit: number,
  at: string,
  beyond: string,
): string {
  const things = issue.origin === 'string' ? 'character' : issue.origin === 'array' ? 'entry' : undefined;
  if (things === undefined) return `be ${issue.inclusive === false ? beyond : at} ${limit}`;
  const counted = limit === 1 ? `1 ${things}` : `${limit} ${things === 'entry' ? 'entries' : 'characters'}`;
  return `have ${issue.exact === true ? 'exactly' : at} ${counted}`;
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    number: 'a finite number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
  };
  return names[expected] ?? expected;
}

/** The value as it stands in the file, cut to a length that fits a line. */
function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** The keys of the object at `path`; which member of a union counts is decided by what `value` says there. */
function keysAt(schema: z.core.$ZodType, path: Path, value: unknown): string[] {
  const def = definition(schema);
  const [key, ...rest] = path;
  switch (def.type) {
    case 'default':
    case 'prefault':
    case 'optional':
    case 'nullable':
      return keysAt(def.innerType, path, value);
    case 'union': {
      const option = def.options.find((candidate) => hasTagsOf(candidate, value));
      return option === undefined ? [] : keysAt(option, path, value);
    }
    case 'array':
      return key === undefined ? [] : keysAt(def.element, rest, valueAt(value, [key]));
    case 'object': {
      if (key === undefined) return Object.keys(def.shape);
      const field = def.shape[String(key)];
      return field === undefined ? [] : keysAt(field, rest, valueAt(value, [key]));
    }
    default:
      return [];
  }
}

/** Whether `value` has every literal of the option's shape, which is its tag. */
function hasTagsOf(option: z.core.$ZodType, value: unknown): boolean {
  const def = definition(option);
  if (def.type !== 'object') return false;
  return Object.entries(def.shape).every(([key, field]) => {
    const tag = definition(field);
    return tag.type !== 'literal' || tag.values.some((literal) => literal === valueAt(value, [key]));
  });
}

function definition(schema: z.core.$ZodType) {
  return (schema as z.core.$ZodTypes)._zod.def;
}
