/** What a run directory and its past allow, and runs that diverge. */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeCheckpoint } from 'hivegrad/checkpoint/format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, hivegrad, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { checkpointsOf, contentOf, createWorkplace, snapshot, writeIdxData } from '../support/files.ts';

let place: Workplace;
let config: string;
let trained: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('small.json');
  trained = await succeed(['train', config, '--out', place.path('run'), '--threads', '1']);
});
afterAll(() => {
  killAll();
  place.remove();
});

function copyOfRun(name: string): string {
  cpSync(place.path('run'), place.path(name), { recursive: true });
  return place.path(name);
}

async function expectRefusal(args: readonly string[], ...said: readonly RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await hivegrad(args);
  for (const pattern of said) expect(stderr).toMatch(pattern);
  expect(stderr).not.toMatch(/\bat async\b|This is a bug/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
}

describe.concurrent('a new run', () => {
  it('is not begun over an earlier one, unless --force replaces it', async () => {
    const run = copyOfRun('earlier');
    writeFileSync(`${run}/notes.txt`, 'mine');
    const before = snapshot(run);
    const args = ['train', config, '--out', run, '--seed', '8'];
    await expectRefusal(
      args,
      /RUN_NOT_EMPTY: \S+ is not empty \(8 entries\)\. It holds a run: go on with it \(resume\)/,
    );
    expect(snapshot(run)).toEqual(before);
    expect(digestIn(await succeed([...args, '--force']))).not.toBe(digestIn(trained));
    expect(JSON.parse(readFileSync(`${run}/config.json`, 'utf8')).seed).toBe(8);
    expect(checkpointsOf(run).at(-1)).toBe('step-60.safetensors');
    expect(readFileSync(`${run}/notes.txt`, 'utf8')).toBe('mine');
  });

  it('is not begun among the files of others', async () => {
    mkdirSync(place.path('others'));
    place.write('others/letter.txt', 'Dear');
    await expectRefusal(
      ['train', config, '--out', place.path('others')],
      /RUN_NOT_EMPTY: \S+ is not empty \(1 entry\)\. Choose a new directory, or write the run beside what is there/,
    );
    expect(snapshot(place.path('others'))).toEqual(snapshotOf({ 'letter.txt': 'Dear' }));
  });

  it.each([
    [
      'a file',
      'small.json',
      /a part of this path is a file where a directory is needed\. Choose another directory/,
    ],
    [
      'below a file',
      'small.json/run',
      /a part of this path is a file where a directory is needed\. Choose another/,
    ],
    [
      'where nothing can be made',
      '/proc/self/run',
      /RUN_NOT_WRITABLE: Cannot use \/proc\/self\/run: .* another one/,
    ],
  ])('is not begun in %s', async (_, where, said) => {
    const out = where.startsWith('/') ? where : place.path(where);
    await expectRefusal(['train', config, '--out', out], /RUN_NOT_WRITABLE/, said);
  });
});

/** The snapshot of a folder with these files. */
function snapshotOf(files: Readonly<Record<string, string>>): Record<string, string> {
  const name = `expected-${Object.keys(files).join('-')}`;
  mkdirSync(place.path(name));
  for (const [file, text] of Object.entries(files)) writeFileSync(place.path(name, file), text);
  return snapshot(place.path(name));
}

describe.concurrent('a resumed run', () => {
  it('refuses another configuration, names each difference, and stays as it was', async () => {
    const run = copyOfRun('differs');
    const before = snapshot(run);
    const other = place.config('other.json', {
      batchSize: 20,
      optimizer: { type: 'sgd', learningRate: 0.1 },
    });
    const flags = ['--seed', '9', '--set', 'model.layers[0].units=25'];
    await expectRefusal(
      ['train', other, '--resume', run, ...flags],
      /CONFIG_DIFFERS: The run in \S+differs has another configuration:/,
      /^ {2}optimizer\.type: "adam" in the run, "sgd" now$/m,
      /^ {2}batchSize: 24 in the run, 20 now$/m,
      /^ {2}seed: 7 in the run, 9 now$/m,
      /^ {2}model\.layers\[0\]\.units: 24 in the run, 25 now$/m,
      /leave these out, or begin a new run\./,
    );
    expect(snapshot(run)).toEqual(before);
  });

  it('takes what may change: threads, and how often metrics and checkpoints are written', async () => {
    const run = copyOfRun('same');
    const same = place.config('same.json', { name: 'renamed', checkpointSeconds: 5 });
    const stdout = await succeed(['train', same, '--resume', run, '--threads', '3']);
    expect(digestIn(stdout)).toBe(digestIn(trained));
    expect(contentOf(run)).toEqual(contentOf(place.path('run')));
  });

  it('refuses other data, and stays as it was', async () => {
    const elsewhere = createWorkplace();
    try {
      const run = elsewhere.path('run');
      await succeed(['train', elsewhere.config('small.json'), '--out', run, '--threads', '1']);
      const before = snapshot(run);
      writeIdxData(elsewhere.directory, 3);
      await expectRefusal(
        ['train', '--resume', run],
        /DATA_DIFFERS: The data are not those that the run in \S+ began with \(SHA-256 [0-9a-f]{12} then, [0-9a-f]{12} now\)\. Restore/,
      );
      expect(snapshot(run)).toEqual(before);
    } finally {
      elsewhere.remove();
    }
  });

  it('has to be a run', async () => {
    const nothing = place.path('nothing');
    mkdirSync(nothing);
    await expectRefusal(
      ['train', '--resume', nothing],
      /RUN_NOT_A_RUN: \S+nothing is not a run: there is no file/,
    );
    await expectRefusal(
      ['evaluate', nothing],
      /RUN_NOT_A_RUN: \S+nothing is not a run: .* Name the directory of an/,
    );
    expect(snapshot(nothing)).toEqual({});
    const run = copyOfRun('spoilt');
    writeFileSync(`${run}/config.json`, '{"name":');
    await expectRefusal(
      ['train', '--resume', run],
      /RUN_NOT_A_RUN: .* is not JSON\. Put back the configuration/,
    );
  });
});

describe.concurrent('a checkpoint', () => {
  it('that is damaged is not evaluated', async () => {
    const run = copyOfRun('damaged');
    const path = `${run}/checkpoints/${checkpointsOf(run).at(-1)!}`;
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(bytes[3000]! ^ 1, 3000, 3001));
    await expectRefusal(
      ['evaluate', path],
      /CHECKPOINT_DAMAGED: The checkpoint \S+step-60\.safetensors is damaged: .* Use an earlier checkpoint/,
    );
    await expectRefusal(['evaluate', run], /CHECKPOINT_DAMAGED: No checkpoint in .* is whole/);
  });
});

describe.concurrent('a run that diverges', () => {
  it('ends with exit code 3 and its step, again after a resume, and keeps finite checkpoints only', async () => {
    const table = Array.from({ length: 100 }, (_, i) => `${i % 7},${i % 5},${(i % 7) - (i % 5)}`);
    place.write('line.csv', `a,b,target\n${table.join('\n')}\n`);
    const wild = place.config('wild.json', {
      data: { kind: 'csv', train: 'line.csv', target: 'target', task: 'values' },
      model: { layers: [{ type: 'dense', units: 1 }] },
      optimizer: { type: 'sgd', learningRate: 1.3 },
      batchSize: 20,
      epochs: 200,
      checkpointSeconds: 0.001,
    });
    const run = place.path('wild');
    const first = await hivegrad(['train', wild, '--out', run, '--threads', '2']);
    expect(first).toMatchObject({ code: 3, stdout: '' });
    const said = /^Diverged: at step (\d+) the loss, a gradient or a weight is not finite any more\. .*/m;
    const [sentence, step] = said.exec(first.stderr)!;
    expect(sentence).toMatch(/Nothing of that step was applied\. Try a smaller learning rate/);
    const lines = readFileSync(`${run}/metrics.jsonl`, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!).step).toBe(Number(step) - 1);
    const checkpoints = checkpointsOf(run);
    expect(checkpoints).toHaveLength(2);
    for (const name of checkpoints) {
      const checkpoint = decodeCheckpoint(readFileSync(`${run}/checkpoints/${name}`), name);
      expect(checkpoint.weights.every(Number.isFinite)).toBe(true);
      expect(checkpoint.step).toBeLessThan(Number(step));
    }
    const again = await hivegrad(['train', '--resume', run, '--threads', '1']);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain(sentence);
  });
});
