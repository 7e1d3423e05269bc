import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig, readConfig, unreadableConfig } from './document.ts';

const directory = mkdtempSync(join(tmpdir(), 'hivegrad-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function refusal(path: string): Promise<[string, string]> {
  try {
    await readConfig(path);
  } catch (error) {
    if (error instanceof UserError) return [error.code, error.message];
    throw error;
  }
  throw new Error(`accepted: ${path}`);
}

describe('readConfig', () => {
  it('reads JSON and remembers the directory that its paths start from', async () => {
    const path = file('a.json', '{"seed": 3}');
    expect(await readConfig(path)).toEqual({
      source: path,
      directory,
      settings: { seed: 3 },
      flagged: new Map(),
    });
  });

  it('reads the default export of a module', async () => {
    const path = file('a.mjs', 'const seed = 1 + 2; export default { seed };');
    expect(await readConfig(path)).toEqual({
      source: path,
      directory,
      settings: { seed: 3 },
      flagged: new Map(),
    });
  });

  it('refuses a module without a configuration as its default export', async () => {
    const sentence =
      'has no configuration as its default export; end the module with "export default { ... }".';
    const nothing = file('b.mjs', 'export const seed = 1;');
    const text = file('c.mjs', 'export default "{}";');
    expect(await refusal(nothing)).toEqual(['CONFIG_INVALID', `${nothing} ${sentence}`]);
    expect(await refusal(text)).toEqual(['CONFIG_INVALID', `${text} ${sentence}`]);
  });

  it('names the file and the remedy where a file cannot be read', async () => {
    const missing = join(directory, 'missing.json');
    expect(await refusal(missing)).toEqual([
      'CONFIG_UNREADABLE',
      `Cannot read the configuration ${missing}: there is no such file; check the path.`,
    ]);
    expect(await refusal(directory)).toEqual([
      'CONFIG_UNREADABLE',
      `Cannot read the configuration ${directory}: it is a directory; name the file in it.`,
    ]);
    const broken = file('d.mjs', 'throw new Error("no luck")');
    expect(await refusal(broken)).toEqual([
      'CONFIG_UNREADABLE',
      `Cannot read the configuration ${broken}: no luck; mend the file.`,
    ]);
  });

  it('says which Node loads TypeScript where this one cannot', () => {
    const extension = (name: string) =>
      Object.assign(new TypeError(`Unknown file extension "${name}" for /c`), {
        code: 'ERR_UNKNOWN_FILE_EXTENSION',
      });
    expect(['.ts', '.mts', '.css'].map((name) => unreadableConfig('c.ts', extension(name)).message)).toEqual([
      `Cannot read the configuration c.ts: Node ${process.versions.node} cannot load TypeScript; write the configuration as .json or .mjs, or use Node 22.18 or later.`,
      `Cannot read the configuration c.ts: Node ${process.versions.node} cannot load TypeScript; write the configuration as .json or .mjs, or use Node 22.18 or later.`,
      'Cannot read the configuration c.ts: Unknown file extension ".css" for /c; mend the file.',
    ]);
  });

  it('says where JSON is broken', async () => {
    const path = file('e.json', '{\n  "seed": 3,\n}\n');
    expect(await refusal(path)).toEqual([
      'CONFIG_UNREADABLE',
      `${path} is not valid JSON at line 2, column 12: remove the comma before }.`,
    ]);
  });
});

describe('parseConfig', () => {
  it('takes an object as it is and the working directory as its own', () => {
    const settings = { seed: 3 };
    const document = parseConfig(settings, 'config');
    expect(document.settings).toBe(settings);
    expect(document.directory).toBe(process.cwd());
  });
});
