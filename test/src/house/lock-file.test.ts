import { describe, expect, it } from 'vitest';
import { type LockPackages, lockBreaches } from './lock-file.ts';
import { workspaceLock } from './workspace.ts';

const registered = { version: '1.0.0', integrity: 'sha512-x' };

/** A lock file that is in order, with one package for two platforms. */
const inOrder: LockPackages = {
  '': { dependencies: { tool: '1.0.0' } },
  'node_modules/tool': {
    ...registered,
    optionalDependencies: { 'tool-linux': '1.0.0', 'tool-mac': '1.0.0' },
  },
  'node_modules/tool-linux': registered,
  'node_modules/tool/node_modules/tool-mac': registered,
  'node_modules/@hivegrad/shared': { resolved: 'shared', link: true },
};
const manifests = { '': { dependencies: { tool: '1.0.0' } } };

describe('package-lock.json', () => {
  it('serves every platform, from the npm registry, and agrees with every package.json', () => {
    const { lock, manifests: real } = workspaceLock();
    expect(Object.keys(lock).length).toBeGreaterThan(50);
    expect(lockBreaches(lock, real)).toEqual([]);
  });
});

describe('lockBreaches', () => {
  it('accepts a lock file in order', () => {
    expect(lockBreaches(inOrder, manifests)).toEqual([]);
  });

  it('names a package for another platform that has no entry', () => {
    const { 'node_modules/tool-linux': _left, ...lock } = inOrder;
    expect(lockBreaches(lock, manifests)).toEqual([
      'node_modules/tool needs tool-linux on some platforms, and the lock file has no entry for it',
    ]);
  });

  it('names a package from another host', () => {
    const lock = {
      ...inOrder,
      'node_modules/b': { ...registered, resolved: 'https://mirror.example/b.tgz' },
    };
    expect(lockBreaches(lock, manifests)).toEqual([
      'node_modules/b comes from https://mirror.example/b.tgz, not from the npm registry',
    ]);
  });

  it('names a package without integrity', () => {
    expect(lockBreaches({ ...inOrder, 'node_modules/b': { version: '1.0.0' } }, manifests)).toEqual([
      'node_modules/b has no integrity',
    ]);
  });

  it('names a package.json that moved on without the lock file', () => {
    expect(lockBreaches(inOrder, { '': { dependencies: { tool: '1.0.1' } } })).toEqual([
      'the lock file and package.json differ: run npm install',
    ]);
    expect(lockBreaches(inOrder, { ...manifests, worker: { devDependencies: { a: '1.0.0' } } })).toHaveLength(
      1,
    );
  });
});
