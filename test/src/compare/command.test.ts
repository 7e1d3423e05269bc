/** `hivegrad compare` as a process: what it prints, its exit codes, signals and kills. */

import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll, start } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace, longRun } from '../support/files.ts';
import { withoutTimes, writtenResults } from './comparisons.ts';

let place: Workplace;
let slow: string;
beforeAll(() => {
  place = createWorkplace();
  place.config('small.json');
  place.config('long.json', longRun);
  const cells = { base: 'long.json', strategies: ['minibatch'], batchSizes: [8, 24], seeds: [1] };
  slow = place.write('slow.json', JSON.stringify({ ...cells, epochs: 30 }));
});
afterEach(killAll);
afterAll(() => place.remove());

describe('hivegrad compare', () => {
  it('--help shows examples', async () => {
    const { code, stdout } = await hivegrad(['compare', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('hivegrad compare compare-mnist.json --out runs/compare-mnist');
  });

  it('ends a run that is killed, and one that is interrupted, with the figures of one that was not', async () => {
    const args = (out: string) => ['compare', slow, '--out', place.path(out), '--threads', '2'];
    const whole = await hivegrad(args('whole'));
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.stdout).toMatch(/^After 30 epochs batches of (8|24) had the highest test accuracy, /m);
    expect(whole.stdout).toContain(`report ${place.path('whole', 'report.html')}`);

    const killed = start(args('broken'));
    await killed.said(/^minibatch-8, seed 1: test loss /m);
    killed.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    const interrupted = start(args('broken'));
    await interrupted.said(/2 cells, 2 runs/);
    interrupted.kill('SIGINT');
    const stopped = await interrupted.ended;
    expect(stopped).toMatchObject({ code: 0 });
    expect(stopped.stderr).toContain('Stopping after the step under way');
    expect(stopped.stdout).toContain(
      `go on with: hivegrad compare ${slow} --out ${place.path('broken')} --threads 2\n`,
    );
    const resumed = await hivegrad(args('broken'));
    expect(resumed).toMatchObject({ code: 0 });
    expect(withoutTimes(writtenResults(place, 'broken'))).toEqual(
      withoutTimes(writtenResults(place, 'whole')),
    );
  });

  it.each([
    ['an empty grid', { base: 'small.json', seeds: [] }, 'COMPARE_EMPTY'],
    ['a base that is not there', { base: 'nowhere.json' }, 'CONFIG_UNREADABLE'],
    [
      'a budget that is too small',
      { base: 'small.json', strategies: ['batch'], budgetSeconds: 0.001 },
      'COMPARE_OVER_BUDGET',
    ],
  ])('refuses %s with a sentence and exit code 2', async (what, settings, code) => {
    const path = place.write('refused.json', JSON.stringify(settings));
    const out = place.path(`refused-${what.replaceAll(' ', '-')}`);
    const ended = await hivegrad(['compare', path, '--out', out]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(new RegExp(`^Error ${code}: `, 'm'));
    expect(existsSync(`${out}/compare.json`)).toBe(false);
  });
});
