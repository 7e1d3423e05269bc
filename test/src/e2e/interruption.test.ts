/** Runs that are killed, stopped, or left without room, and resumed: they end with the bytes of one that was not. */

import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../support/cli.ts';
import { digestIn, hivegrad, killAll, start, succeed } from '../support/cli.ts';
import { uniform } from '../support/datasets.ts';
import type { Workplace } from '../support/files.ts';
import { checkpointsOf, contentOf, createWorkplace, longRun, snapshot } from '../support/files.ts';

let place: Workplace;
let config: string;
let digest: string;
let content: ReturnType<typeof contentOf>;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('long.json', longRun);
  digest = digestIn(await succeed(['train', config, '--threads', '2', '--out', place.path('whole')]));
  content = contentOf(place.path('whole'));
});
afterAll(() => {
  killAll();
  place.remove();
});

/** The arguments that begin a run, or go on with it where it has come so far that it is one. */
function goOn(run: string, threads: number): string[] {
  const given = existsSync(`${run}/config.json`) ? ['--resume', run] : [config, '--out', run];
  return ['train', ...given, '--threads', String(threads)];
}

function expectSameBytes(run: string, stdout: string): void {
  expect(digestIn(stdout)).toBe(digest);
  expect(contentOf(run)).toEqual(content);
}

/** A copy of the finished run, to be spoilt. */
function copyOfWhole(name: string): string {
  cpSync(place.path('whole'), place.path(name), { recursive: true });
  return place.path(name);
}

describe.concurrent('a run that is killed', () => {
  it('30 times at random moments ends with the same bytes, whatever threads go on with it', async () => {
    const random = uniform(30);
    const draw = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]!;
    const killed = { starting: 0, training: 0 };
    const resumedAt = new Set<string>();
    let runs = 0;
    const nextRun = () => place.path(`killed-${++runs}`);
    let run = nextRun();
    while (killed.starting + killed.training < 30) {
      const process = start(goOn(run, draw([1, 1, 2, 2, 3, 7])));
      const [phase, withinMs] = draw([
        ['starting', 600],
        ['training', 150],
        ['training', 150],
      ] as const);
      // A run that was killed after its last step has no epoch to announce.
      if (phase === 'training') await process.said(/^epoch .* test loss/m).catch(() => {});
      process.killAfter(random() * withinMs);
      const ended = await process.ended;
      for (const [, step] of ended.stderr.matchAll(/^Resuming .* at step (\d+)/gm)) resumedAt.add(step!);
      if (ended.signal === 'SIGKILL') {
        killed[/ epochs of /.test(ended.stderr) ? 'training' : 'starting']++;
      } else {
        // It was faster than the kill: it has to be right, and the kills that are left hit another one.
        expect(ended).toMatchObject({ code: 0 });
        expectSameBytes(run, ended.stdout);
        run = nextRun();
      }
    }
    expectSameBytes(run, await succeed(goOn(run, 2)));
    expect(Math.min(killed.starting, killed.training)).toBeGreaterThan(0);
    expect(resumedAt.size).toBeGreaterThan(3);
  });

  it('at every named point of writing and of recovery ends with the same bytes', async () => {
    const run = place.path('points');
    for (const failpoint of failpoints) {
      const ended = await hivegrad(goOn(run, 1), { failpoint });
      expect({ failpoint, ...ended }).toMatchObject({ failpoint, signal: 'SIGKILL' });
    }
    const resumed = await hivegrad(goOn(run, 2));
    expect(resumed.stderr).toContain('at step 1600.');
    expectSameBytes(run, resumed.stdout);
  });
});

/** In the order in which a run meets them; each process dies at one, and the next goes on with what is left. */
const failpoints = [
  'during write run.lock:1',
  'after link run.lock:1',
  'before rename run.lock:1',
  'after rename run.lock:1',
  'during write config.json:1',
  'before rename config.json:1',
  'after rename config.json:1',
  'before fsync metrics.jsonl:1',
  'during write step-:1',
  'before fsync step-:1',
  'before rename step-:1',
  'after rename step-:1',
  'before readFile step-:1',
  'after fsyncDirectory checkpoints:3',
  'before unlink step-:2',
  'after unlink step-:1',
  'during write metrics.jsonl:4',
  'during write metrics.jsonl.tmp:1',
  'before rename metrics.jsonl:1',
  'after rename metrics.jsonl:1',
  'during write step-:7',
  'after rename step-1600.safetensors:1',
] as const;

// One after the other: these have deadlines.
describe('a run that is told to stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s writes a checkpoint within 2 s and says how to go on, to the same bytes',
    async (signal) => {
      const run = place.path(signal);
      const process = start(goOn(run, 2));
      await process.said(/epoch 2\//);
      const { ended, ms } = await endAfter(process, signal);
      expect(ended).toMatchObject({ code: 0, signal: null });
      expect(ms).toBeLessThan(2000);
      expect(ended.stderr).toContain('Stopping after the step under way; a checkpoint is written.');
      const [, step, args = ''] = /^stopped after step (\d+); go on with: hivegrad (.*)$/m.exec(
        ended.stdout,
      )!;
      expect(checkpointsOf(run).at(-1)).toBe(`step-${step}.safetensors`);
      expect(Number(step)).toBeLessThan(1600);
      expectSameBytes(run, await succeed(args.split(' ')));
    },
  );

  it('before it has begun stops as well, and goes on to the same bytes', async () => {
    const run = place.path('early');
    const process = start(goOn(run, 2));
    await process.said(/ training and /);
    const { ended } = await endAfter(process, 'SIGTERM');
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^stopped after step /) });
    expect(checkpointsOf(run)).not.toEqual([]);
    expectSameBytes(run, await succeed(goOn(run, 3)));
  });

  it('twice ends at once, even within a step', async () => {
    const layers = [
      { type: 'dense', units: 1000, activation: 'relu' },
      { type: 'dense', units: 1000, activation: 'relu' },
      { type: 'dense', units: 5 },
    ];
    const slow = place.config('slow.json', { model: { layers }, batchSize: 480, shardSize: 480 });
    const run = place.path('twice');
    const process = start(['train', slow, '--out', run, '--kernels', 'plain', '--threads', '1']);
    await process.said(/ epochs of /);
    process.kill('SIGINT');
    await process.said(/Once more ends at once/);
    const { ended, ms } = await endAfter(process, 'SIGINT');
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(ms).toBeLessThan(1000);
  });
});

async function endAfter(
  process: ReturnType<typeof start>,
  signal: NodeJS.Signals,
): Promise<{ ended: Ended; ms: number }> {
  const from = performance.now();
  process.kill(signal);
  const ended = await process.ended;
  return { ended, ms: performance.now() - from };
}

describe.concurrent('a run directory', () => {
  it('that another process trains in is refused, and that process is not disturbed', async () => {
    const run = place.path('shared');
    const first = start(goOn(run, 2));
    await first.said(/ epochs of /);
    // It lives on, but does not come to its end meanwhile.
    first.kill('SIGSTOP');
    for (const args of [goOn(run, 1), ['train', config, '--out', run, '--force']]) {
      const second = await hivegrad(args);
      expect(second).toMatchObject({ code: 2, stdout: '' });
      expect(second.stderr).toMatch(
        /Error RUN_IN_USE: Process \d+ on \S+ holds \S+shared\/run\.lock\. Stop that process or choose/,
      );
    }
    first.kill('SIGCONT');
    const ended = await first.ended;
    expectSameBytes(run, ended.stdout);
  });

  it('on a disk that gets full keeps its checkpoints, and goes on to the same bytes', async () => {
    const run = place.path('full');
    const process = start(goOn(run, 2));
    await process.said(/ epochs of /);
    process.kill('SIGSTOP');
    // Whoever writes to this device is told that the disk is full.
    symlinkSync('/dev/full', `${run}/checkpoints/step-1600.safetensors.tmp`);
    process.kill('SIGCONT');
    const ended = await process.ended;
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      /Error DISK_FULL: Cannot use \S+step-1600\.safetensors: there is no space left on the disk\. Free some space and/,
    );
    expect(checkpointsOf(run)).toHaveLength(2);
    expect(Object.keys(snapshot(run)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expectSameBytes(run, await succeed(goOn(run, 2)));
  });

  it.each([
    ['bit is flipped', (bytes: Buffer) => bytes.fill(bytes[99_999]! ^ 4, 99_999, 100_000)],
    ['end is missing', (bytes: Buffer) => bytes.subarray(0, -1000)],
    ['bytes are gone', (bytes: Buffer) => bytes.subarray(0, 0)],
  ])('whose newest checkpoint is damaged (its %s) goes on from the one before', async (what, damage) => {
    const run = copyOfWhole(what.replaceAll(' ', '-'));
    const [before, last] = checkpointsOf(run).map((name) => `${run}/checkpoints/${name}`);
    writeFileSync(last!, damage(readFileSync(last!)));
    const step = /step-(\d+)/.exec(before!)![1];
    const resumed = await hivegrad(goOn(run, 2));
    expect(resumed.stderr).toContain(`${last} is damaged`);
    expect(resumed.stderr).toContain(`Going on from step ${step} instead of ${last}.`);
    expectSameBytes(run, resumed.stdout);
  });

  it('of which every checkpoint is damaged begins again, and ends with the same bytes', async () => {
    const run = copyOfWhole('ruined');
    for (const name of checkpointsOf(run)) writeFileSync(`${run}/checkpoints/${name}`, 'nonsense');
    const resumed = await hivegrad(goOn(run, 2));
    expect(resumed.stderr).toMatch(
      /No checkpoint in \S+ is whole.* Going on from step 0, which follows from/,
    );
    expectSameBytes(run, resumed.stdout);
  });
});
