/** The time from a command to its first steps, on MNIST. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../../coordinator/dist/cli/main.js', import.meta.url));
const mnist = fileURLToPath(new URL('../../../coordinator/examples/mnist.json', import.meta.url));

/**
 * Milliseconds from the start of `hivegrad train` on MNIST to its end, when it is told to stop as soon as it
 * trains: the start, the first steps and a checkpoint.
 */
export async function startToFirstStep(runs: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const out = mkdtempSync(join(tmpdir(), 'hivegrad-bench-'));
    const begin = performance.now();
    const child = spawn(process.execPath, [cli, 'train', mnist, '--out', join(out, 'run')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(' into ')) child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    times.push(performance.now() - begin);
    rmSync(out, { recursive: true });
    if (code !== 0) throw new Error(`training ended with ${code}`);
  }
  return times;
}
