/**
 * `node test/dist/bench/seeds.js CONFIG [SEEDS]`: trains a configuration with the seeds 1, 2, ... and prints the
 * test accuracy of each, and their mean.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../../coordinator/dist/cli/main.js', import.meta.url));
const [config, seeds = '5'] = process.argv.slice(2);
if (config === undefined) throw new Error('say which configuration: seeds.js CONFIG [SEEDS]');

const accuracies: number[] = [];
for (let seed = 1; seed <= Number(seeds); seed++) {
  const out = mkdtempSync(join(tmpdir(), 'hivegrad-seeds-'));
  const args = [cli, 'train', config, '--seed', String(seed), '--out', join(out, 'run')];
  const text = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  rmSync(out, { recursive: true });
  const accuracy = Number(/test accuracy ([\d.]+) %/.exec(text)?.[1]);
  accuracies.push(accuracy);
  process.stdout.write(`seed ${seed}: test accuracy ${accuracy} %\n`);
}
const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
process.stdout.write(`mean of ${seeds} seeds: ${mean.toFixed(2)} %\n`);
