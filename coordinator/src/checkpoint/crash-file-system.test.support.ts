/**
 * A disk in memory that loses power. It records what was asked of it, and `crashStates` lists the
 * disks that a machine may find after a power cut at the end of such a record:
 * of the names changed since a directory was last synced any subset may be there, whatever their
 * order; of the writes to a file since its last fsync any number at the end may be lost, the last
 * one that is left may be torn at any multiple of 512 bytes, and the file may have its length but no data.
 */

import { dirname, join } from 'node:path';
import type { FileSystem } from './file-system.ts';

type NameChange =
  | { readonly kind: 'create' | 'link'; readonly path: string; readonly inode: number }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly from: string; readonly inode: number };

type DataChange =
  | { readonly kind: 'truncate'; readonly inode: number }
  | { readonly kind: 'write'; readonly inode: number; readonly bytes: Uint8Array };

export type Operation =
  | NameChange
  | DataChange
  | { readonly kind: 'fsync'; readonly inode: number }
  | { readonly kind: 'fsyncDirectory'; readonly path: string };

/** Files with their content by absolute path, and directories as null. */
export type Image = ReadonlyMap<string, Uint8Array | null>;

const SECTOR_BYTES = 512;
const DIRECTORY = -1;

export interface CrashFileSystem extends FileSystem {
  readonly initial: Image;
  /** Everything that changed the disk, in order. */
  readonly operations: readonly Operation[];
}

export function crashFileSystem(initial: Image = new Map([['/', null]])): CrashFileSystem {
  const names = new Map<string, number>();
  const inodes: Uint8Array[] = [];
  const operations: Operation[] = [];
  for (const [path, content] of initial)
    names.set(path, content === null ? DIRECTORY : inodes.push(content) - 1);

  const fail = (code: string, path: string): never => {
    throw Object.assign(new Error(`${code}: ${path}`), { code });
  };
  const inodeOf = (path: string): number => {
    const inode = names.get(path) ?? fail('ENOENT', path);
    return inode === DIRECTORY ? fail('EISDIR', path) : inode;
  };
  const needDirectory = (path: string): void => {
    if (names.get(path) !== DIRECTORY) fail(names.has(path) ? 'ENOTDIR' : 'ENOENT', path);
  };

  return {
    initial,
    operations,
    async open(path, mode) {
      needDirectory(dirname(path));
      let inode: number;
      if (!names.has(path)) {
        inode = inodes.push(new Uint8Array(0)) - 1;
        names.set(path, inode);
        operations.push({ kind: 'create', path, inode });
      } else {
        inode = inodeOf(path);
        if (mode === 'write') {
          inodes[inode] = new Uint8Array(0);
          operations.push({ kind: 'truncate', inode });
        }
      }
      return {
        async write(bytes) {
          const copy = new Uint8Array(bytes);
          inodes[inode] = Buffer.concat([inodes[inode] ?? copy, copy]);
          operations.push({ kind: 'write', inode, bytes: copy });
        },
        async fsync() {
          operations.push({ kind: 'fsync', inode });
        },
        async close() {},
      };
    },
    async readFile(path) {
      return new Uint8Array(inodes[inodeOf(path)] ?? []);
    },
    async readdir(path) {
      needDirectory(path);
      return [...names.keys()]
        .filter((name) => name !== path && dirname(name) === path)
        .map((name) => name.slice(join(path, '/').length));
    },
    async rename(from, path) {
      const inode = inodeOf(from);
      needDirectory(dirname(path));
      names.delete(from);
      names.set(path, inode);
      operations.push({ kind: 'rename', path, from, inode });
    },
    async link(existing, path) {
      if (names.has(path)) fail('EEXIST', path);
      const inode = inodeOf(existing);
      names.set(path, inode);
      operations.push({ kind: 'link', path, inode });
    },
    async unlink(path) {
      inodeOf(path);
      names.delete(path);
      operations.push({ kind: 'unlink', path });
    },
    async mkdir(path) {
      if (names.has(path)) fail('EEXIST', path);
      needDirectory(dirname(path));
      names.set(path, DIRECTORY);
      operations.push({ kind: 'mkdir', path });
    },
    async fsyncDirectory(path) {
      needDirectory(path);
      operations.push({ kind: 'fsyncDirectory', path });
    },
  };
}

/** Every disk that may be found after a power cut behind the last of `operations`; some may be equal. */
export function* crashStates(initial: Image, operations: readonly Operation[]): Generator<Image> {
  const { names, contents, pendingNames, pendingData } = settle(initial, operations);
  const variants = [...contents].map(([inode, durable]) => {
    return [inode, contentsAfterCrash(durable, pendingData.get(inode) ?? [])] as const;
  });
  for (const subset of subsets(pendingNames)) {
    const survivors = new Map(names);
    for (const change of subset) applyName(survivors, change);
    for (const choice of product(variants)) yield image(survivors, choice);
  }
}

/** What is certainly on the disk, and what may or may not be. */
function settle(initial: Image, operations: readonly Operation[]) {
  const names = new Map<string, number>();
  const contents = new Map<number, Uint8Array>();
  let inodes = 0;
  for (const [path, content] of initial) {
    names.set(path, content === null ? DIRECTORY : inodes);
    if (content !== null) contents.set(inodes++, content);
  }
  let pendingNames: NameChange[] = [];
  const pendingData = new Map<number, DataChange[]>();
  for (const operation of operations) {
    if (operation.kind === 'fsyncDirectory') {
      const synced = pendingNames.filter(({ path }) => dirname(path) === operation.path);
      for (const change of synced) applyName(names, change);
      pendingNames = pendingNames.filter((change) => !synced.includes(change));
    } else if (operation.kind === 'fsync') {
      const { inode } = operation;
      const changes = pendingData.get(inode) ?? [];
      contents.set(inode, changes.reduce(applyData, contents.get(inode) ?? new Uint8Array(0)));
      pendingData.delete(inode);
    } else if (operation.kind === 'write' || operation.kind === 'truncate') {
      pendingData.set(operation.inode, [...(pendingData.get(operation.inode) ?? []), operation]);
    } else {
      if (operation.kind === 'create') contents.set(operation.inode, new Uint8Array(0));
      pendingNames.push(operation);
    }
  }
  return { names, contents, pendingNames, pendingData };
}

function applyName(names: Map<string, number>, change: NameChange): void {
  if (change.kind === 'unlink') names.delete(change.path);
  else if (change.kind === 'mkdir') names.set(change.path, DIRECTORY);
  else names.set(change.path, change.inode);
  if (change.kind === 'rename') names.delete(change.from);
}

function applyData(content: Uint8Array, change: DataChange): Uint8Array {
  return change.kind === 'truncate' ? new Uint8Array(0) : Buffer.concat([content, change.bytes]);
}

function contentsAfterCrash(durable: Uint8Array, changes: readonly DataChange[]): Uint8Array[] {
  const states = [durable];
  let content = durable;
  for (const change of changes) {
    if (change.kind === 'write') {
      for (let torn = SECTOR_BYTES; torn < change.bytes.length; torn += SECTOR_BYTES) {
        states.push(applyData(content, { ...change, bytes: change.bytes.subarray(0, torn) }));
      }
      states.push(applyData(content, { ...change, bytes: new Uint8Array(change.bytes.length) }));
    }
    content = applyData(content, change);
    states.push(content);
  }
  return states;
}

function* subsets<T>(items: readonly T[]): Generator<T[]> {
  for (let mask = 0; mask < 2 ** items.length; mask++) yield items.filter((_, bit) => (mask >> bit) & 1);
}

type Choice = ReadonlyMap<number, Uint8Array>;

function* product(variants: readonly (readonly [number, readonly Uint8Array[]])[]): Generator<Choice> {
  const [first, ...others] = variants;
  if (first === undefined) return yield new Map();
  for (const rest of product(others))
    for (const content of first[1]) yield new Map([...rest, [first[0], content]]);
}

/** Files below a directory whose own name was lost are lost with it. */
function image(names: ReadonlyMap<string, number>, contents: Choice): Image {
  const reachable = (path: string): boolean =>
    path === '/' || (names.get(dirname(path)) === DIRECTORY && reachable(dirname(path)));
  const files = [...names].filter(([path]) => reachable(path));
  return new Map(
    files.map(([path, inode]) => [path, inode === DIRECTORY ? null : (contents.get(inode) ?? null)]),
  );
}
