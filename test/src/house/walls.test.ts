import { describe, expect, it } from 'vitest';
import type { Package } from './imports.ts';
import { type SourceFile, sourceFile } from './source.ts';
import { fileLinesMax, styleBreaches, threadEntries } from './style.ts';
import {
  bundledPackages,
  compositionRoots,
  cyclesOf,
  importCycles,
  packageEdges,
  sharedEdges,
  undeclaredImports,
  worldlyCode,
  wrongFolders,
  wrongWays,
} from './walls.ts';
import { workspacePackages, workspaceSources } from './workspace.ts';

const sources = workspaceSources();
const packages = workspacePackages();

/** Packages of the workspace as an example, with a dependency and development dependencies. */
const example: Package[] = [
  { folder: 'shared', name: '@hivegrad/shared', dependencies: ['dep'], devDependencies: ['dev'] },
  { folder: 'worker', name: '@hivegrad/worker', dependencies: ['@hivegrad/shared'], devDependencies: [] },
  { folder: 'coordinator', name: 'hivegrad', dependencies: ['@hivegrad/worker'], devDependencies: [] },
  { folder: 'browser-client', name: 'page', dependencies: [], devDependencies: ['dev'] },
];

function filesOf(texts: Record<string, string>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => sourceFile(path, text));
}

/** `import 'specifier'` in a file at `path`. */
function importing(path: string, specifier: string): SourceFile[] {
  return filesOf({ [path]: `import '${specifier}';` });
}

describe('the sources of hivegrad', () => {
  it('are found: every package has some', () => {
    const folders = new Set(sources.map((file) => file.path.slice(0, file.path.indexOf('/'))));
    expect([...folders].sort()).toEqual(packages.map((entry) => entry.folder).sort());
  });

  it('import only what their package declares', () => {
    expect(undeclaredImports(sources, packages)).toEqual([]);
  });

  it('import in the direction of the packages, past no package', () => {
    expect(wrongWays(sources, packages)).toEqual([]);
  });

  it('import between the folders of shared only as the table allows', () => {
    expect(wrongFolders(sources)).toEqual([]);
  });

  it('import in no circle', () => {
    expect(importCycles(sources, packages)).toEqual([]);
  });

  it('touch no clock, no chance and no inexact function in shared', () => {
    expect(worldlyCode(sources)).toEqual([]);
  });

  it('keep the rules of style', () => {
    expect(styleBreaches(sources)).toEqual([]);
  });
});

describe('the tables of the walls', () => {
  it('have no circle and name only packages and folders that they define', () => {
    for (const table of [packageEdges, sharedEdges]) {
      expect(cyclesOf(table)).toEqual([]);
      expect(
        Object.values(table)
          .flat()
          .filter((name) => table[name] === undefined),
      ).toEqual([]);
    }
  });

  it('name packages that exist as bundled', () => {
    const folders = packages.map(({ folder }) => folder);
    expect(bundledPackages.filter((name) => !folders.includes(name))).toEqual([]);
  });

  it('name files that exist as composition roots and thread entries', () => {
    const paths = sources.map((file) => file.path);
    expect([...compositionRoots, ...threadEntries].filter((path) => !paths.includes(path))).toEqual([]);
  });
});

describe('undeclaredImports', () => {
  it('names an import that package.json does not declare, with its line', () => {
    expect(
      undeclaredImports(filesOf({ 'shared/src/a.ts': `\nimport { b } from 'b/deep';` }), example),
    ).toEqual([
      'shared/src/a.ts:2 imports "b/deep", which the dependencies of shared/package.json do not name',
    ]);
  });

  it('lets tests, and nothing else, use development dependencies and vitest', () => {
    expect(undeclaredImports(importing('shared/src/a.test.ts', 'dev'), example)).toEqual([]);
    expect(undeclaredImports(importing('shared/src/a.test.ts', 'vitest'), example)).toEqual([]);
    expect(undeclaredImports(importing('shared/src/a.test.support.ts', 'vitest'), example)).toEqual([]);
    expect(undeclaredImports(importing('shared/src/a.ts', 'dev'), example)).toHaveLength(1);
    expect(undeclaredImports(importing('shared/src/a.ts', 'vitest'), example)).toHaveLength(1);
  });

  it('lets a package that is bundled use development dependencies, and not vitest', () => {
    expect(undeclaredImports(importing('browser-client/src/a.ts', 'dev'), example)).toEqual([]);
    expect(undeclaredImports(importing('browser-client/src/a.ts', 'vitest'), example)).toHaveLength(1);
  });

  it('accepts declared packages, node modules and relative paths', () => {
    for (const specifier of ['dep', 'dep/deep', 'node:fs', './b.ts']) {
      expect(undeclaredImports(importing('shared/src/a.ts', specifier), example)).toEqual([]);
    }
  });
});

describe('wrongWays', () => {
  it('names an import from shared of a package above it', () => {
    expect(wrongWays(importing('shared/src/a.ts', '@hivegrad/worker/pool'), example)).toEqual([
      'shared/src/a.ts:1 imports "@hivegrad/worker/pool"; shared may not import worker',
    ]);
  });

  it('names an import between worker and coordinator, type imports included', () => {
    const files = filesOf({ 'worker/src/a.ts': `import type { Run } from 'hivegrad/run';` });
    expect(wrongWays(files, example)).toHaveLength(1);
  });

  it('lets only the composition roots of the coordinator import the worker', () => {
    expect(
      wrongWays(importing('coordinator/src/training/loop.ts', '@hivegrad/worker/pool'), example),
    ).toHaveLength(1);
    for (const path of compositionRoots) {
      expect(wrongWays(importing(path, '@hivegrad/worker/pool'), example)).toEqual([]);
    }
  });

  it('names an import of the own package by its name', () => {
    expect(wrongWays(importing('shared/src/a.ts', '@hivegrad/shared/b'), example)).toEqual([
      'shared/src/a.ts:1 imports its own package by the name "@hivegrad/shared/b": use a relative path',
    ]);
  });

  it('names a relative path that leaves its package', () => {
    expect(wrongWays(importing('worker/src/a.ts', '../../shared/src/errors.ts'), example)).toEqual([
      'worker/src/a.ts:1 leaves its package by the relative path "../../shared/src/errors.ts"',
    ]);
  });
});

describe('wrongFolders', () => {
  it('names an import of the model by the kernels, and lets the model import the kernels', () => {
    expect(wrongFolders(importing('shared/src/kernels/a.ts', '../model/spec.ts'))).toEqual([
      'shared/src/kernels/a.ts:1 imports "../model/spec.ts"; kernels may not import model',
    ]);
    expect(wrongFolders(importing('shared/src/model/a.ts', '../kernels/kernels.ts'))).toEqual([]);
  });

  it('lets every folder import a file at the top, which itself may import no folder', () => {
    expect(wrongFolders(importing('shared/src/kernels/a.ts', '../errors.ts'))).toEqual([]);
    expect(wrongFolders(importing('shared/src/errors.ts', './model/spec.ts'))).toHaveLength(1);
  });

  it('names a folder that the table does not know', () => {
    expect(wrongFolders(importing('shared/src/attic/a.ts', '../model/spec.ts'))).toEqual([
      'shared/src/attic/a.ts:1: shared/src/attic is not in the table of folders',
    ]);
  });
});

describe('importCycles', () => {
  it('names the files of a circle, also one of types and across packages', () => {
    const files = filesOf({
      'shared/src/a.ts': `import './b.ts';`,
      'shared/src/b.ts': `import type { C } from './c.ts';`,
      'shared/src/c.ts': `export * from '@hivegrad/shared/a';`,
    });
    expect(importCycles(files, example)).toEqual([
      'shared/src/a.ts -> shared/src/b.ts -> shared/src/c.ts -> shared/src/a.ts',
    ]);
  });

  it('finds a circle of AssemblyScript files, which import without an extension', () => {
    const files = filesOf({
      'shared/assembly/a.ts': `import './b';`,
      'shared/assembly/b.ts': `import './a';`,
    });
    expect(importCycles(files, example)).toHaveLength(1);
  });

  it('accepts two ways to one file', () => {
    const files = filesOf({
      'worker/src/a.ts': `import './b.ts';\nimport './c.ts';`,
      'worker/src/b.ts': `import './c.ts';`,
    });
    expect(importCycles([...files, ...filesOf({ 'worker/src/c.ts': '' })], example)).toEqual([]);
  });
});

describe('worldlyCode', () => {
  const breachesOf = (code: string) => worldlyCode(filesOf({ 'shared/src/model/a.ts': code }));

  it.each([
    ['Math.exp(x)', 'Math.exp'],
    ['Math.random()', 'Math.random'],
    ['const { tanh } = Math;', 'Math'],
    ['x ** 0.5', 'x ** 0'],
    ['2 ** exponent', '2 ** exponent'],
    ['new Date()', 'Date'],
    ['performance.now()', 'performance'],
    ['a.localeCompare(b)', '.localeCompare'],
    ['process.env', 'process.'],
    ['setTimeout(f, 1)', 'setTimeout'],
    [`import 'node:fs'`, 'node:fs'],
  ])('names %s', (code, found) => {
    const breaches = breachesOf(code);
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toContain(`shared/src/model/a.ts:1`);
    expect(breaches[0]).toContain(`"${found}"`);
  });

  it('accepts exact functions, powers of two, and words in comments and strings', () => {
    expect(breachesOf(`Math.fround(Math.sqrt(2 ** 32)) * Math.PI; // Math.exp\n'Date';`)).toEqual([]);
  });

  it('leaves tests and other packages alone', () => {
    expect(
      worldlyCode(filesOf({ 'shared/src/a.test.ts': 'Math.exp(1)', 'worker/src/a.ts': 'Math.exp(1)' })),
    ).toEqual([]);
  });
});

describe('styleBreaches', () => {
  const breachesAt = (path: string, text: string) => styleBreaches(filesOf({ [path]: text }));

  it.each([
    ['a file that is too long', 'shared/src/a.ts', '\n'.repeat(fileLinesMax + 1)],
    ['a barrel', 'worker/src/index.ts', ''],
    ['a default export', 'coordinator/src/a.ts', 'export default function f() {}'],
    ['a renamed default export', 'coordinator/src/a.ts', 'export { f as default };'],
    ['a note to oneself', 'coordinator/src/cli/a.ts', '// TODO later'],
    ['printing in a library', 'worker/src/a.ts', 'console.log(1)'],
    ['a test that runs alone', 'shared/src/a.test.ts', `it.only('a', f)`],
    ['a test that is left out', 'shared/src/a.test.ts', `describe.skip('a', f)`],
    ['a test that is left out on a condition', 'shared/src/a.test.ts', `it.skipIf(slow)('a', f)`],
    ['a test that is not written', 'test/src/a.test.ts', `it.todo('a')`],
    ['a test that sleeps', 'shared/src/a.test.ts', 'await new Promise((done) => setTimeout(done, 10))'],
    [
      'a test that sleeps by import',
      'shared/src/a.test.ts',
      `import { setTimeout as nap } from 'node:timers/promises'`,
    ],
    ['a test that tries again', 'shared/src/a.test.ts', `it('a', { retry: 2 }, f)`],
  ])('names %s', (_what, path, text) => {
    const breaches = breachesAt(path, text);
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toContain(path);
  });

  it('accepts a default export of a thread entry, printing by the command line, and skipping in other words', () => {
    expect(breachesAt(threadEntries[0] as string, 'export default serve;')).toEqual([]);
    expect(breachesAt('coordinator/src/cli/train.ts', 'console.log(1)')).toEqual([]);
    expect(breachesAt('shared/src/a.test.ts', 'reader.skip(4); file.only;')).toEqual([]);
  });
});
