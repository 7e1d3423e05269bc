/**
 * Debian packages. In a container that was just made the lists of packages are missing or old, so a first failure
 * fetches them; two installers at a time wait for each other.
 */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './programs.ts';
import { reasonIn, type Tools } from './tools.ts';

const WAIT_S = 900;

/** Whether packages can be installed here without asking anyone. */
export function hasApt({ platform, isRoot, isExecutable }: Machine): boolean {
  return platform === 'linux' && isRoot && isExecutable('/usr/bin/apt-get');
}

/** Answers undefined, or why they could not be installed. */
export function aptInstall(packages: readonly string[], { run, say }: Tools): string | undefined {
  say(`Installing ${packages.join(', ')} with apt-get. This is done once and takes about a minute.`);
  // dpkg's own lock does not cover the lists, hence one of ours around both.
  const lock = join(tmpdir(), 'hivegrad-apt.lock');
  const apt = (...args: string[]) =>
    run('flock', ['-w', `${WAIT_S}`, lock, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]);
  const install = () =>
    apt('install', '-y', '--no-install-recommends', `-oDPkg::Lock::Timeout=${WAIT_S}`, ...packages);
  if (install().ok) return undefined;
  apt('update');
  const ended = install();
  return ended.ok ? undefined : `apt-get says "${reasonIn(ended)}"`;
}
