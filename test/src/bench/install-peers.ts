/** The peers' packages are in a folder of their own, outside the workspaces, so that only who compares installs them. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { peersFolder, root } from './contestants.ts';

/**
 * Installs what test/peers/package-lock.json names unless it is there; answers undefined, or why it could not. Scripts
 * of packages do not run.
 */
export function installPeers(say: (sentence: string) => void): string | undefined {
  if (isInstalled()) return undefined;
  say(
    'Installing the peers (TensorFlow.js, jax-js) in test/peers/node_modules, 100 MB: done once, nothing else uses them.',
  );
  const args = [
    'ci',
    '--prefix',
    peersFolder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const script = process.env.npm_execpath;
  const isNpm = script !== undefined && basename(script) === 'npm-cli.js';
  const options = { cwd: root, encoding: 'utf8', shell: !isNpm && process.platform === 'win32' } as const;
  const result = isNpm
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync('npm', args, options);
  if (result.status === 0) return undefined;
  return `npm ci could not install the packages: ${(result.error?.message ?? result.stderr).trim().split('\n')[0]}`;
}

/** npm keeps a list of what it installed; its versions are compared with those of the lock file. */
function isInstalled(): boolean {
  const list = join(peersFolder, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const packagesOf = (file: string) =>
    (
      JSON.parse(readFileSync(file, 'utf8')) as {
        packages: Record<string, { version?: string; optional?: boolean }>;
      }
    ).packages;
  const installed = packagesOf(list);
  const wanted = packagesOf(join(peersFolder, 'package-lock.json'));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || installed[path]?.version === version,
  );
}
