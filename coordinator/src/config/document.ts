/**
 * A configuration before it is checked: where it came from and what it says. In: text, a plain object, a file
 * or a module, then command-line flags; out: a ConfigDocument, the one thing that resolve.ts reads. Flags change
 * the document, not the resolved configuration, so they pass the same checks and defaults as the file.
 */

import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '@hivegrad/shared/errors';
import { parseJsonText } from './json-text.ts';

export interface ConfigDocument {
  /** What messages call it, usually the path as it was typed. */
  readonly source: string;
  /** Absolute; relative paths inside the configuration start here. */
  readonly directory: string;
  /** What it says, unchecked. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings that a flag gave, as paths like `model.layers[1].units`, with the flag that messages name. */
  readonly flagged: ReadonlyMap<string, string>;
}

const MODULES = ['.mjs', '.js', '.ts', '.mts'];

/**
 * Makes a document of JSON text or of an object that is a configuration already.
 * Broken JSON is CONFIG_UNREADABLE with line and column; anything but an object is CONFIG_INVALID.
 */
export function parseConfig(
  input: string | object,
  source: string,
  directory = process.cwd(),
): ConfigDocument {
  const settings = typeof input === 'string' ? parseJsonText(input, source) : input;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UserError(
      'CONFIG_INVALID',
      `${source}: The configuration must be an object, e.g. {"data": {"kind": "mnist"}, "model": {"layers": [...]}}.`,
    );
  }
  return {
    source,
    directory: resolve(directory),
    settings: settings as Record<string, unknown>,
    flagged: new Map(),
  };
}

/**
 * Reads a configuration file: JSON, or a JavaScript or TypeScript module whose default export is the
 * configuration. A missing or unreadable file is CONFIG_UNREADABLE.
 */
export async function readConfig(path: string): Promise<ConfigDocument> {
  const directory = dirname(resolve(path));
  if (MODULES.includes(extname(path).toLowerCase())) {
    return parseConfig(await importDefault(path), path, directory);
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unreadableConfig(path, error);
  }
  return parseConfig(text, path, directory);
}

async function importDefault(path: string): Promise<object> {
  let exported: unknown;
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown };
    exported = module.default;
  } catch (error) {
    throw unreadableConfig(path, error);
  }
  if (typeof exported !== 'object' || exported === null) {
    throw new UserError(
      'CONFIG_INVALID',
      `${path} has no configuration as its default export; end the module with "export default { ... }".`,
    );
  }
  return exported;
}

/** The CONFIG_UNREADABLE for what reading or importing `path` threw, with a remedy where the cause is known. */
export function unreadableConfig(path: string, error: unknown): UserError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const remedies: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file; check the path',
    EISDIR: 'it is a directory; name the file in it',
    EACCES: 'reading it is not permitted; change its permissions',
    ERR_MODULE_NOT_FOUND: 'the module or one that it imports does not exist; check the paths',
  };
  const message = error instanceof Error ? error.message : String(error);
  const reason = isUnloadableTypeScript(code, message)
    ? `Node ${process.versions.node} cannot load TypeScript; write the configuration as .json or .mjs, or use Node ` +
      '22.18 or later'
    : (remedies[code] ?? `${message}; mend the file`);
  return new UserError('CONFIG_UNREADABLE', `Cannot read the configuration ${path}: ${reason}.`, {
    cause: error,
  });
}

/** Node before 22.18 knows no TypeScript, neither in the module itself nor in one that it imports. */
function isUnloadableTypeScript(code: string, message: string): boolean {
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' && /"\.m?ts"/.test(message);
}
