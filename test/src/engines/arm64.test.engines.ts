import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadKernels } from '@hivegrad/worker/kernels-file';
import { expect, it } from 'vitest';
import { answersOf } from './answers.ts';
import { arm64Node } from './nodes.ts';

const script = fileURLToPath(new URL('../../dist/engines/print-answers.js', import.meta.url));

it('an arm64 gives the known answer and trains to the bits of this Node', async () => {
  const { command, args } = arm64Node();
  expect(execFileSync(command, [...args, '-p', 'process.arch'], { encoding: 'utf8' }).trim()).toBe('arm64');
  const there: unknown = JSON.parse(execFileSync(command, [...args, script], { encoding: 'utf8' }));
  expect(there).toEqual(answersOf(await loadKernels()));
});
