/** The examples of the library as processes of their own: what each prints, and that it prints nothing else. */

import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from '../house/workspace.ts';

const folder = join(root, 'coordinator', 'examples', 'library');

const printed: Readonly<Record<string, string>> = {
  'stop-and-resume.mjs': `\
stopped, then finished at step 40
the same weights: true
`,
  'evaluate-and-predict.mjs': `\
accuracy 1 and loss 0.0188 on 12 training samples
setosa with probability 0.98
versicolor with probability 0.90
virginica with probability 1.00
`,
  'xor.mjs': `\
0 xor 0 = 0
0 xor 1 = 1
1 xor 0 = 1
1 xor 1 = 0
`,
  'gradient.mjs': `\
dJ/dw1 = 0.0400000
dJ/dw2 = 0.00500000
dJ/db = 0.400000
J = 0.0400000
`,
  'lend.mjs': `\
40 steps by another process
the same weights: true
`,
  'audit.mjs': `\
25 of 25 weights have the bits of the training
`,
};

describe.concurrent('the example', () => {
  it.each(Object.entries(printed))('%s prints what it should', async (name, expected) => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const run = promisify(execFile)(process.execPath, [join(folder, name)], { env, timeout: 60_000 });
    const { stdout, stderr } = await run;
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: '' });
  });

  it('is none that no test runs', () => {
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.mjs') && name !== 'iris.mjs');
    expect(scripts.sort()).toEqual(Object.keys(printed).sort());
  });
});
