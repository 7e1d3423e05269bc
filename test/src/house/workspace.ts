/** The workspace that the rules of this folder are applied to: its packages, its lock file and its sources. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Package } from './imports.ts';
import type { LockPackages, Manifests } from './lock-file.ts';
import { readSources, type SourceFile } from './source.ts';

/** The top folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** The folders at the top that hold packages. */
export function workspaceFolders(): readonly string[] {
  return (readJson('package.json') as Manifest).workspaces ?? [];
}

export function workspacePackages(): Package[] {
  return workspaceFolders().map((folder) => {
    const { name, dependencies = {}, devDependencies = {} } = readJson(`${folder}/package.json`) as Manifest;
    return {
      folder,
      name,
      dependencies: Object.keys(dependencies),
      devDependencies: Object.keys(devDependencies),
    };
  });
}

/** Every TypeScript source, the AssemblyScript of the kernels included. */
export function workspaceSources(): SourceFile[] {
  return readSources(root, [...workspaceFolders().map((folder) => `${folder}/src`), 'shared/assembly']);
}

export function workspaceLock(): { lock: LockPackages; manifests: Manifests } {
  const { packages } = readJson('package-lock.json') as { packages: LockPackages };
  const manifests = Object.fromEntries(
    ['', ...workspaceFolders()].map((folder) => [folder, readJson(join(folder, 'package.json')) as Manifest]),
  );
  return { lock: packages, manifests };
}
