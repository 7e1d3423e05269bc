/**
 * What is loaded before anything is asked for: the command line answers at once, and whoever trains on threads alone
 * loads no server. Node tells itself which files it has run.
 */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../house/workspace.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';

let place: Workplace;
let config: string;
beforeAll(() => {
  place = createWorkplace();
  config = place.config('small.json', { epochs: 1 });
});
afterAll(() => place.remove());

/** Runs the built command line, and names the packages of which it has run a file. */
async function loadedBy(name: string, ...args: readonly string[]): Promise<string[]> {
  const folder = place.path(name);
  const { NODE_OPTIONS: _, ...env } = process.env;
  await promisify(execFile)(
    process.execPath,
    [join(root, 'coordinator', 'dist', 'cli', 'main.js'), ...args],
    {
      env: { ...env, NODE_V8_COVERAGE: folder },
      timeout: 60_000,
    },
  );
  const urls = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/"url":"file:[^"]*\/node_modules\/([^"]+)"/g)].map(
      ([, path]) => path!.split('/')[0]!,
    ),
  );
  return [...new Set(urls)].sort();
}

/** What only a run that is lent out, or a worker of one, needs. */
const network = ['msgpackr', 'prom-client', 'ws'];

describe('the command line', () => {
  it.each(['--version', '--help', 'train --help'])('loads nothing but its own words for %s', async (line) => {
    expect(await loadedBy(`words of ${line}`, ...line.split(' '))).toEqual(['commander']);
  });

  it('loads no server for a training on threads', async () => {
    const out = place.path('threads');
    const loaded = await loadedBy('alone', 'train', config, '--threads', '1', '--out', out);
    expect(loaded).toEqual(expect.arrayContaining(['commander', 'piscina', 'zod']));
    expect(loaded.filter((name) => network.includes(name))).toEqual([]);
  });

  it('loads one where it listens', async () => {
    const out = place.path('lent');
    const listening = ['--listen', '127.0.0.1:0', '--threads', '1'];
    expect(await loadedBy('listening', 'train', config, ...listening, '--out', out)).toEqual(
      expect.arrayContaining(network),
    );
  });
});
