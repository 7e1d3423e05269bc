/**
 * Looks for what makes `npm ci` fail on another machine although it works on this one. Registries publish the
 * binaries of a package for each platform at different times, and npm then writes a lock file without some.
 */

export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** `packages` of a package-lock.json of version 3: entries by their folder, "" for the workspace itself. */
export type LockPackages = Readonly<Record<string, LockEntry>>;

/** The dependencies that a package.json names, by the folder of the package, "" for the workspace itself. */
export type Manifests = Readonly<Record<string, Pick<LockEntry, 'dependencies' | 'devDependencies'>>>;

const registry = 'https://registry.npmjs.org/';

export function lockBreaches(lock: LockPackages, manifests: Manifests): string[] {
  return [
    ...Object.entries(lock).flatMap(([path, entry]) => entryBreaches(lock, path, entry)),
    ...Object.entries(manifests).flatMap(([path, manifest]) => {
      const isSame = ['dependencies', 'devDependencies'].every(
        (kind) => canonical(manifest, kind) === canonical(lock[path] ?? {}, kind),
      );
      return isSame
        ? []
        : [`the lock file and ${path === '' ? '' : `${path}/`}package.json differ: run npm install`];
    }),
  ];
}

function entryBreaches(lock: LockPackages, path: string, entry: LockEntry): string[] {
  const missing = Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !isInstalled(lock, path, name))
    .map((name) => `${path} needs ${name} on some platforms, and the lock file has no entry for it`);
  if (entry.link === true || !path.includes('node_modules/')) return missing;
  if (entry.integrity === undefined) missing.push(`${path} has no integrity`);
  if (entry.resolved !== undefined && !entry.resolved.startsWith(registry)) {
    missing.push(`${path} comes from ${entry.resolved}, not from the npm registry`);
  }
  return missing;
}

/** Whether Node would find `name` from the package at `path`: in its own node_modules or in one above. */
function isInstalled(lock: LockPackages, path: string, name: string): boolean {
  const own = path === '' ? '' : `${path}/`;
  if (lock[`${own}node_modules/${name}`] !== undefined) return true;
  if (path === '') return false;
  const above = path.lastIndexOf('/node_modules/');
  return isInstalled(lock, above < 0 ? '' : path.slice(0, above), name);
}

function canonical(manifest: LockEntry, kind: string): string {
  const versions = manifest[kind as 'dependencies'] ?? {};
  return JSON.stringify(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
