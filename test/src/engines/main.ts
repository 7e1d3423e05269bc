/**
 * `npm run test:engines`: the same training on this Node and on another one gives the same weights, bit for bit, and
 * so do the wide and the narrow kernels on the other one.
 * The argument is the other Node's executable.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { activationIds } from '@hivegrad/shared/kernels/kernels';
import { uniform } from '../support/datasets.ts';

const cli = fileURLToPath(new URL('../../../coordinator/dist/cli/main.js', import.meta.url));
const wide = fileURLToPath(new URL('./wide.js', import.meta.url));
const mnist = fileURLToPath(new URL('../../../coordinator/examples/mnist.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hivegrad-engines-'));

/** Every activation and bias mode, every transcendental function, in one network on a table of noise. */
function everything(): string {
  const random = uniform(5);
  const rows = Array.from({ length: 400 }, () => Array.from({ length: 8 }, () => random().toFixed(4)).join());
  writeFileSync(join(folder, 'noise.csv'), ['a,b,c,d,e,f,g,y', ...rows].join('\n'));
  const biases = ['unit', 'layer', 'none'];
  const layers = Object.keys(activationIds).map((activation, i) => ({
    type: 'dense',
    units: 5 + i,
    activation,
    bias: biases[i % 3],
    initializer: ['heNormal', 'glorotNormal', 'heUniform', 'glorotUniform'][i % 4],
  }));
  const config = {
    name: 'everything',
    data: { kind: 'csv', train: 'noise.csv', target: 'y', task: 'values' },
    model: { layers: [...layers, { type: 'dense', units: 1 }], loss: 'squaredError' },
    optimizer: { type: 'adam', learningRate: 0.003 },
    batchSize: 30,
    shardSize: 7,
    epochs: 10,
  };
  const path = join(folder, 'everything.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function weightsOf(node: string, args: readonly string[]): string {
  const out = mkdtempSync(join(folder, 'run-'));
  const text = execFileSync(node, [cli, 'train', ...args, '--out', out], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const digest = /weights sha256:([0-9a-f]{64})/.exec(text)?.[1];
  if (digest === undefined) throw new Error(`no digest in what training printed:\n${text}`);
  return digest;
}

const other = process.argv[2];
if (other === undefined) throw new Error('say which other Node: main.js /path/to/node');
const otherVersion = execFileSync(other, ['--version'], { encoding: 'utf8' }).trim();
const all = everything();
const cases: readonly { name: string; here: readonly string[]; there: readonly string[] }[] = [
  {
    name: 'MNIST, one epoch',
    here: [mnist, '--epochs', '1'],
    there: [mnist, '--epochs', '1', '--threads', '3'],
  },
  { name: 'every activation', here: [all, '--threads', '2'], there: [all, '--threads', '1'] },
  { name: 'every activation, plain kernels there', here: [all], there: [all, '--kernels', 'plain'] },
];
let failed = 0;
try {
  if (spawnSync(other, [wide], { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0) failed++;
  for (const { name, here, there } of cases) {
    const ours = weightsOf(process.execPath, here);
    const theirs = weightsOf(other, there);
    if (ours !== theirs) failed++;
    const verdict =
      ours === theirs ? `the same weights, sha256:${ours}` : `sha256:${ours}, but sha256:${theirs} there`;
    process.stdout.write(`${name}: Node ${process.version} and ${otherVersion} give ${verdict}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
