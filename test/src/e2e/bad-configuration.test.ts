/**
 * Configurations and flags that cannot be right: each ends with exit code 2 and a sentence that names the thing and
 * the remedy, and leaves the disk as it was.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace, smallConfig, snapshot } from '../support/files.ts';

const { model, optimizer } = smallConfig;
const [hidden, last] = model.layers;

/** Name of the file, what is in it, what the command says about it. */
const configurations: readonly (readonly [string, object | string, readonly RegExp[]])[] = [
  [
    'misspelt',
    { epoch: 3 },
    [/CONFIG_UNKNOWN_KEY: misspelt\.json: epoch is not a setting; did you mean epochs\?/],
  ],
  [
    'unknown',
    { colour: 1, threads: 2, optimizer: { type: 'adam', learnigRate: 0.1 } },
    [
      /CONFIG_UNKNOWN_KEY: unknown\.json has 3 problems:/,
      /- colour is not a setting; the settings of the file are .*name/,
      /- threads is not a setting; pass --threads on the command line/,
      /- optimizer\.learnigRate is not a setting; did you mean learningRate\?/,
    ],
  ],
  [
    'text',
    { batchSize: '24' },
    [/CONFIG_INVALID: text\.json: batchSize must be a whole number, but is "24"/],
  ],
  [
    'shard',
    { batchSize: 8, shardSize: 9 },
    [/CONFIG_INVALID: .*shardSize must be at most batchSize, which is 8, but is 9/],
  ],
  [
    'sizes',
    {
      batchSize: 0,
      shardSize: -4,
      epochs: 0,
      seed: -1,
      checkpointSeconds: 0,
      checkpointsKept: 1,
      metricsEvery: 0,
      model: { layers: [{ ...hidden, units: 0 }, last] },
      optimizer: { ...optimizer, learningRate: -0.1 },
    },
    [
      /CONFIG_INVALID: sizes\.json has 9 problems:/,
      /batchSize must be at least 1, but is 0/,
      /shardSize must be at least 1, but is -4/,
      /epochs must be at least 1, but is 0/,
      /seed must be at least 0, but is -1/,
      /checkpointSeconds must be greater than 0, but is 0/,
      /checkpointsKept must be at least 2, but is 1/,
      /metricsEvery must be at least 1, but is 0/,
      /model\.layers\[0\]\.units must be at least 1, but is 0/,
      /optimizer\.learningRate must be greater than 0, but is -0\.1/,
    ],
  ],
  [
    'narrow',
    { model: { layers: [hidden, { ...last, units: 4 }] } },
    [
      /DATA_MISMATCH: .*last layer has 4 units, but the data has 5 classes; set model\.layers\[1\]\.units to 5/,
    ],
  ],
  [
    'huge',
    { model: { layers: [{ ...hidden, units: 60_000 }, { ...hidden, units: 60_000 }, last] } },
    [
      /MODEL_TOO_LARGE: This training needs \d+\.\d GiB of memory, and the kernels can address 4 GiB: .* Use smaller/,
    ],
  ],
  [
    'broken',
    '{\n  "name": "x",\n  "epochs": 3,,\n}',
    [
      /CONFIG_UNREADABLE: broken\.json is not valid JSON at line 3, column 15: expected a key in double quotes/,
    ],
  ],
];

/** Flags after `hivegrad train small.json`, and what the command says about them. */
const flags: readonly (readonly [string, RegExp | readonly RegExp[]])[] = [
  [
    '--epochs 0 --batch-size -3 --shard-size 0 --learning-rate 0 --seed 1.5',
    [
      /CONFIG_INVALID: small\.json has 5 problems:/,
      /- epochs must be at least 1, but is 0 \(from --epochs\)/,
      /- batchSize must be at least 1, but is -3 \(from --batch-size\)/,
      /- shardSize must be at least 1, but is 0 \(from --shard-size\)/,
      /- optimizer\.learningRate must be greater than 0, but is 0 \(from --learning-rate\)/,
      /- seed must be a whole number, but is 1\.5 \(from --seed\)/,
    ],
  ],
  ['--batch-size 4 --shard-size 5', /CONFIG_INVALID: .*shardSize must be at most batchSize, which is 4/],
  [
    '--set optimizer.beta3=1',
    /CONFIG_UNKNOWN_KEY: .*optimizer\.beta3 .*; did you mean beta\d\? \(from --set\)/,
  ],
  [
    '--threads 0',
    /With 0 threads only workers from outside compute, so the run has to listen for them: add --listen/,
  ],
  ['--threads -1', /'--threads <n>' argument '-1' is invalid\. -1 is not a whole number of zero or more\./],
  [
    '--threads abc',
    /'--threads <n>' argument 'abc' is invalid\. abc is not a whole number of zero or more\./,
  ],
  ['--kernels fast', /'--kernels <engine>' argument 'fast' is invalid\. Allowed choices are simd, plain\./],
  ['--thread 2', /unknown option '--thread'\n\(Did you mean --threads\?\)/],
  ['--colour', /unknown option '--colour'\nRun hivegrad --help/],
  ['--resume runs/old --out runs/new', /CONFIG_INVALID: out and resume contradict each other/],
  ['--resume runs/old --force', /CONFIG_INVALID: force and resume contradict each other/],
];

const commands: readonly (readonly [string, RegExp])[] = [
  ['tran small.json', /unknown command 'tran'\n\(Did you mean train\?\)/],
  ['train', /CONFIG_INVALID: Say what to train: hivegrad train CONFIG, or --resume DIRECTORY\./],
  [
    'train none.json',
    /CONFIG_UNREADABLE: Cannot read the configuration none\.json: there is no such file; check/,
  ],
  ['train small.json --out', /option '--out <directory>' argument missing/],
  ['evaluate', /missing required argument 'run'/],
  ['evaluate none', /RUN_NOT_A_RUN: There is no run or checkpoint at none\. Check the path\./],
];

let place: Workplace;
let before: Record<string, string>;
beforeAll(() => {
  place = createWorkplace();
  place.config('small.json');
  for (const [name, changes] of configurations) {
    if (typeof changes === 'string') place.write(`${name}.json`, changes);
    else place.config(`${name}.json`, changes);
  }
  before = snapshot(place.directory);
});
afterAll(() => {
  killAll();
  place.remove();
});

async function expectRefusal(args: readonly string[], said: readonly RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await hivegrad(args, { cwd: place.directory });
  for (const pattern of said) expect(stderr).toMatch(pattern);
  expect(stderr).toMatch(/^[Ee]rror/m);
  expect(stderr).not.toMatch(/\bat async\b|This is a bug/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(snapshot(place.directory)).toEqual(before);
}

describe.concurrent('hivegrad train refuses, and writes nothing, with', () => {
  it.each(configurations)('the configuration %s', async (name, _, said) => {
    await expectRefusal(['train', `${name}.json`, '--out', 'run'], said);
  });

  it.each(flags)('the flags %s', async (given, said) => {
    await expectRefusal(['train', 'small.json', ...given.split(' ')], [said].flat());
  });
});

describe.concurrent('the command line refuses, and writes nothing, with', () => {
  it.each(commands)('hivegrad %s', async (given, said) => {
    await expectRefusal(given.split(' '), [said]);
  });
});

describe('a shard size', () => {
  it('above a batch size that a flag gave is lowered to it, and that is said', async () => {
    const args = ['train', 'small.json', '--out', 'lowered', '--batch-size', '4', '--epochs', '1'];
    const { code, stderr } = await hivegrad(args, { cwd: place.directory });
    expect(code).toBe(0);
    expect(stderr).toContain('shardSize is lowered from 5 to 4, the batch size');
    expect(JSON.parse(readFileSync(place.path('lowered', 'config.json'), 'utf8'))).toMatchObject({
      batchSize: 4,
      shardSize: 4,
    });
  });
});
