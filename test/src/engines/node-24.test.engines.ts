import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { activationIds } from '@hivegrad/shared/kernels/kernels';
import { afterAll, expect, it } from 'vitest';
import { uniform } from '../support/datasets.ts';
import { node24 } from './nodes.ts';

const built = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const cli = built('coordinator/dist/cli/main.js');
const mnist = built('coordinator/examples/mnist.json');
const folder = mkdtempSync(join(tmpdir(), 'hivegrad-engines-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

/** The digest of the weights that a training ends with. */
function weightsOf(node: string, args: readonly string[]): string | undefined {
  const out = mkdtempSync(join(folder, 'run-'));
  const text = execFileSync(node, [cli, 'train', ...args, '--out', out], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return /weights sha256:([0-9a-f]{64})/.exec(text)?.[1];
}

const all = everything();

it.each([
  ['MNIST', [mnist, '--epochs', '1'], ['--threads', '3']],
  ['a network with every activation', [all, '--threads', '2'], ['--threads', '1']],
  ['a network with every activation, with plain kernels', [all], ['--kernels', 'plain']],
])('Node 24 trains %s to the weights of this Node', (_what, here, there) => {
  const ours = weightsOf(process.execPath, here);
  expect(ours).toMatch(/^[0-9a-f]{64}$/);
  expect(weightsOf(node24().command, [...here, ...there])).toBe(ours);
});

it('Node 24 trains to the same weights with the wide kernels and with the narrow ones', () => {
  const { status, stdout, stderr } = spawnSync(node24().command, [built('test/dist/engines/wide.js')], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: '' });
});
