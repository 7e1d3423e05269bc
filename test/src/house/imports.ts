/** Finds what a file imports, and the file that a specifier stands for. */

import { posix } from 'node:path';
import { lineAt, type SourceFile } from './source.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** A workspace package, as its package.json describes it. */
export interface Package {
  /** The folder at the top of the workspace. */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

/** Each pattern ends at the quote that opens the specifier. */
const patterns = [
  /\b(?:import|export)\b[\w\s{},*$]*?\bfrom\s*['"]/g,
  /\bimport\s*['"]/g,
  /\bimport\s*\(\s*['"`]/g,
];

/** Static, side-effect and dynamic imports and re-exports, types included, in the order of their lines. */
export function importsOf(file: SourceFile): Import[] {
  const offsets = patterns.flatMap((pattern) =>
    [...file.code.matchAll(pattern)].map((match) => match.index + match[0].length),
  );
  return offsets
    .sort((a, b) => a - b)
    .map((start) => ({
      specifier: file.text.slice(start, file.text.indexOf(file.text.charAt(start - 1), start)),
      line: lineAt(file.text, start),
    }));
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

/** "@scope/name" or "name" of a bare specifier. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The path of the workspace file that `specifier` stands for in `from`, whether it exists or not; else undefined. */
export function targetOf(from: string, specifier: string, packages: readonly Package[]): string | undefined {
  if (isRelative(specifier)) return withExtension(posix.join(posix.dirname(from), specifier));
  const name = packageNameOf(specifier);
  const target = packages.find((candidate) => candidate.name === name);
  if (target === undefined) return undefined;
  return withExtension(`${target.folder}/src${specifier.slice(name.length)}`);
}

/** AssemblyScript and imports between packages leave the extension out. */
function withExtension(path: string): string {
  return /\.[a-z]+$/.test(path) ? path : `${path}.ts`;
}
