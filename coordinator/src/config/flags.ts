/**
 * Command-line flags over a configuration. In: a document and the flags as they were typed; out: a document
 * with those settings replaced. Values are not checked here: what a flag says passes through the same schema as
 * the file, and messages name the flag.
 */

import { UserError } from '@hivegrad/shared/errors';
import type { ConfigDocument } from './document.ts';
import { parseJsonText } from './json-text.ts';
import { formatPath } from './problems.ts';

/**
 * Flags that override the file. The number of threads is not among them: it may not change the result, so it is
 * no part of a configuration.
 */
export interface ConfigFlags {
  readonly name?: string | undefined;
  readonly seed?: string | number | undefined;
  readonly epochs?: string | number | undefined;
  readonly batchSize?: string | number | undefined;
  readonly shardSize?: string | number | undefined;
  readonly learningRate?: string | number | undefined;
  /** Each `path.to.setting=value`, where the value is JSON or a plain word. */
  readonly set?: readonly string[] | undefined;
}

type Path = readonly (string | number)[];

const NAMED = [
  ['name', '--name', ['name']],
  ['seed', '--seed', ['seed']],
  ['epochs', '--epochs', ['epochs']],
  ['batchSize', '--batch-size', ['batchSize']],
  ['shardSize', '--shard-size', ['shardSize']],
  ['learningRate', '--learning-rate', ['optimizer', 'learningRate']],
] as const satisfies readonly (readonly [keyof ConfigFlags, string, Path])[];

/**
 * Lays `flags` over `document`: first every --set in the order given, then the flags with a name of their own.
 * The document is not changed. A --set that cannot be read, or that leads nowhere, is CONFIG_INVALID.
 */
export function applyFlags(document: ConfigDocument, flags: ConfigFlags): ConfigDocument {
  let settings: unknown = document.settings;
  const flagged = new Map(document.flagged);
  for (const assignment of flags.set ?? []) {
    const { path, value } = parseAssignment(assignment);
    settings = withValue(withOptimizer(settings, path), path, { value, flag: `--set ${assignment}` });
    flagged.set(formatPath(path), '--set');
  }
  for (const [key, flag, path] of NAMED) {
    const value = flags[key];
    if (value === undefined) continue;
    const given = { value: key === 'name' ? value : number(value), flag };
    settings = withValue(withOptimizer(settings, path), path, given);
    flagged.set(formatPath(path), flag);
  }
  return { ...document, settings: settings as Record<string, unknown>, flagged };
}

/** The flag that gave the setting at `path` or a part that holds it, if one did. */
export function flagOf(document: ConfigDocument, path: string): string | undefined {
  for (const [given, flag] of document.flagged) {
    if (path === given || path.startsWith(`${given}.`) || path.startsWith(`${given}[`)) return flag;
  }
  return undefined;
}

function parseAssignment(assignment: string): { path: Path; value: unknown } {
  const equals = assignment.indexOf('=');
  const name = assignment.slice(0, equals);
  if (equals < 1 || !/^[\w$]+(?:\.[\w$]+|\[\d+\])*$/.test(name)) {
    throw new UserError(
      'CONFIG_INVALID',
      `--set ${assignment} is not path.to.setting=value; write e.g. --set model.layers[0].units=64.`,
    );
  }
  const path = name
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return { path, value: parseValue(assignment.slice(equals + 1), assignment) };
}

/** JSON where the text looks like it, else the text itself, so that words need no quotes within quotes. */
function parseValue(text: string, assignment: string): unknown {
  if (/^\s*(?:[[{"]|-?\d|(?:true|false|null)\s*$)/.test(text) && !isWordAfterDigits(text)) {
    return parseJsonText(text, `The value of --set ${assignment}`);
  }
  return text;
}

/** `2023-data/a.csv` starts like a number and is none. */
function isWordAfterDigits(text: string): boolean {
  return /^\s*-?\d/.test(text) && Number.isNaN(Number(text));
}

/** A flag's text as a number where it is one; anything else stays text, which the schema refuses by name. */
function number(value: string | number): string | number {
  if (typeof value === 'number' || value.trim() === '') return value;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? value : parsed;
}

/** A part of the optimizer for a file without one is a part of the default optimizer. */
function withOptimizer(settings: unknown, path: Path): unknown {
  if (path[0] !== 'optimizer' || member(settings, 'optimizer') !== undefined) return settings;
  return { ...(settings as object), optimizer: { type: 'adam' } };
}

/** A copy of `node` with the value at `path`; objects on the way are made, list entries must exist. */
function withValue(node: unknown, path: Path, given: { value: unknown; flag: string }): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return given.value;
  const child = withValue(member(node, key), rest, given);
  if (Array.isArray(node)) {
    if (typeof key !== 'number' || key >= node.length) {
      throw new UserError(
        'CONFIG_INVALID',
        `${given.flag}: there is no entry ${key} in a list of ${node.length}; entries count from 0.`,
      );
    }
    return node.map((entry, i) => (i === key ? child : entry)) as unknown[];
  }
  if (node !== undefined && (typeof node !== 'object' || node === null)) {
    throw new UserError('CONFIG_INVALID', `${given.flag}: ${key} would lie inside ${JSON.stringify(node)}.`);
  }
  // fromEntries defines own properties, so a key like __proto__ reaches the schema and is refused there.
  return Object.fromEntries([
    ...Object.entries(node ?? {}).filter(([name]) => name !== String(key)),
    [key, child],
  ]);
}

function member(node: unknown, key: string | number): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
  return (node as Record<string | number, unknown>)[key];
}
