/**
 * The walls of the house: which package may import which, which folder of `shared` may import which, and what
 * `shared` may not touch at all. The tables here are the architecture; the functions compare files with them
 * and return one sentence for each breach.
 */

import { importsOf, isRelative, type Package, packageNameOf, targetOf } from './imports.ts';
import { isTest, placesOf, type SourceFile } from './source.ts';

/** For each package the packages that all of its files may import. */
export const packageEdges: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  worker: ['shared'],
  coordinator: ['shared'],
  'browser-client': ['shared'],
  test: ['shared', 'worker', 'coordinator', 'browser-client'],
};

/**
 * The only files of the coordinator that may import the worker package: where the local pool is made, and the command
 * that is no coordinator at all but lends its threads to that of another process.
 */
export const compositionRoots: readonly string[] = [
  'coordinator/src/workers/local-pool.ts',
  'coordinator/src/cli/join.ts',
];

/** For each folder of shared/src the folders it may import. Files directly in shared/src are for everybody. */
export const sharedEdges: Readonly<Record<string, readonly string[]>> = {
  kernels: [],
  random: ['kernels'],
  data: ['random'],
  model: ['kernels', 'random'],
  optim: ['kernels', 'model'],
  reduce: ['kernels', 'model'],
  protocol: ['kernels', 'model', 'optim', 'reduce', 'data'],
  peer: ['kernels', 'random', 'model', 'optim', 'reduce', 'data', 'protocol'],
};

/** Packages whose code is built into files that need nothing installed: for them development dependencies are all. */
export const bundledPackages: readonly string[] = ['browser-client'];

/** What tests of every package may import although only the workspace's package.json declares it. */
export const testTools: readonly string[] = ['vitest'];

/** Bare imports that the file's own package does not declare; development dependencies count for tests and bundles only. */
export function undeclaredImports(files: readonly SourceFile[], packages: readonly Package[]): string[] {
  return eachImport(files, (file, specifier, place) => {
    if (isRelative(specifier) || specifier.startsWith('node:')) return [];
    const folder = topFolderOf(file.path);
    const owner = packages.find((candidate) => candidate.folder === folder);
    const name = packageNameOf(specifier);
    if (owner === undefined || owner.name === name || owner.dependencies.includes(name)) return [];
    const isTestCode = isTest(file.path) || folder === 'test';
    if (isTestCode && testTools.includes(name)) return [];
    const isBuiltIn = bundledPackages.includes(folder);
    if ((isTestCode || isBuiltIn) && owner.devDependencies.includes(name)) return [];
    return [`${place} imports "${specifier}", which the dependencies of ${folder}/package.json do not name`];
  });
}

/** Imports against the direction of the packages, or past a package's exports by a relative path. */
export function wrongWays(files: readonly SourceFile[], packages: readonly Package[]): string[] {
  return eachImport(files, (file, specifier, place) => {
    const target = targetOf(file.path, specifier, packages);
    if (target === undefined) return [];
    const [from, to] = [topFolderOf(file.path), topFolderOf(target)];
    if (isRelative(specifier)) {
      return from === to ? [] : [`${place} leaves its package by the relative path "${specifier}"`];
    }
    if (from === to)
      return [`${place} imports its own package by the name "${specifier}": use a relative path`];
    if (packageEdges[from]?.includes(to)) return [];
    if (from === 'coordinator' && to === 'worker') {
      if (compositionRoots.includes(file.path)) return [];
      return [
        `${place} imports "${specifier}"; only ${compositionRoots.join(' and ')} may import the worker`,
      ];
    }
    return [`${place} imports "${specifier}"; ${from} may not import ${to}`];
  });
}

/** Imports between folders of shared that {@link sharedEdges} does not allow. Tests may look at every folder. */
export function wrongFolders(files: readonly SourceFile[]): string[] {
  const sources = files.filter((file) => file.path.startsWith('shared/src/') && !isTest(file.path));
  return eachImport(sources, (file, specifier, place) => {
    const target = targetOf(file.path, specifier, []);
    if (target === undefined || !target.startsWith('shared/src/')) return [];
    const [from, to] = [sharedFolderOf(file.path), sharedFolderOf(target)];
    if (from === to || to === undefined) return [];
    if (from === undefined) return [`${place} imports "${specifier}"; a file that is for everybody may not`];
    if (sharedEdges[from] === undefined)
      return [`${place}: shared/src/${from} is not in the table of folders`];
    return sharedEdges[from].includes(to)
      ? []
      : [`${place} imports "${specifier}"; ${from} may not import ${to}`];
  });
}

/** Rings of files that import each other, types included, each as "a -> b -> a". */
export function importCycles(files: readonly SourceFile[], packages: readonly Package[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const graph: Record<string, string[]> = {};
  for (const file of files) {
    const targets = importsOf(file).map(({ specifier }) => targetOf(file.path, specifier, packages));
    graph[file.path] = targets.filter((target) => target !== undefined && known.has(target)) as string[];
  }
  return cyclesOf(graph);
}

/** One cycle for every edge that closes one, in depth-first order from the first key. */
export function cyclesOf(graph: Readonly<Record<string, readonly string[]>>): string[] {
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) cycles.push([...path.slice(start), node].join(' -> '));
    if (start >= 0 || finished.has(node)) return;
    for (const next of graph[node] ?? []) visit(next, [...path, node]);
    finished.add(node);
  };
  for (const node of Object.keys(graph)) visit(node, []);
  return cycles;
}

/** The functions of Math that are exact or correctly rounded on every engine, and its constants. */
const exactMath =
  'abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|E|PI|LN2|LN10|LOG2E|LOG10E|SQRT2|SQRT1_2';

const worldly: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`\\bMath\\b(?!\\s*\\.\\s*(?:${exactMath})\\b)[\\s.\\w[]*`, 'g'),
    'differs between engines or draws chance',
  ],
  [
    /(?:\b2\s*\*\*\s*-?\d+\b)|[\w)\]]*\s*\*\*=?\s*-?[\w(]+/g,
    'is Math.pow, which differs between engines (for integers: 1 << n)',
  ],
  [/\bDate\b|\bperformance\b/g, 'is a clock'],
  [/\bIntl\b|\.\s*(?:localeCompare|toLocale\w+)\b/g, 'depends on the language of the machine'],
  [/\b(?:process|Buffer|require)\s*[.(]/g, 'is of Node'],
  [/(?<!\.\s*)\b(?:document|window|navigator)\s*\./g, 'is of the browser'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, 'is a timer'],
];

/** What shared code does that is not the same on every engine, at every time and place. Tests are free. */
export function worldlyCode(files: readonly SourceFile[]): string[] {
  const sources = files.filter((file) => file.path.startsWith('shared/') && !isTest(file.path));
  const imports = eachImport(sources, (_file, specifier, place) =>
    specifier.startsWith('node:') ? [`${place} imports "${specifier}", which is of Node`] : [],
  );
  const uses = sources.flatMap((file) =>
    worldly.flatMap(([pattern, why]) =>
      placesOf(file, pattern)
        .filter(({ found }) => !/^2\s*\*\*\s*-?\d+$/.test(found))
        .map(({ place, found }) => `${place} "${found}" ${why}`),
    ),
  );
  return [...imports, ...uses];
}

type Judge = (file: SourceFile, specifier: string, place: string) => string[];

function eachImport(files: readonly SourceFile[], judge: Judge): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, line }) => judge(file, specifier, `${file.path}:${line}`)),
  );
}

function topFolderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

/** "kernels" for shared/src/kernels/wasm.ts, undefined for shared/src/errors.ts. */
function sharedFolderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts.length > 3 ? parts[2] : undefined;
}
