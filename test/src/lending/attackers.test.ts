/** Workers that follow the protocol in order to hold up a run: it goes on, with the same bits. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import type { LentRun } from './lent-runs.ts';
import { joining, lend, manyNodes } from './lent-runs.ts';
import { rawWorker } from './raw-worker.ts';

let place: Workplace;
let config: string;
let digest: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('many-nodes.json', manyNodes);
  digest = digestIn(await succeed(['train', config, '--out', place.path('threads')]));
});
afterAll(() => {
  killAll();
  place.remove();
});

const waiting = (name: string) =>
  lend([config, '--out', place.path(name), '--threads', '0', '--share', 'always']);

async function metricsOf(run: LentRun): Promise<Map<string, number>> {
  const text = await (await fetch(new URL('/metrics', run.url))).text();
  const lines = text.split('\n').filter((line) => /^hivegrad/.test(line));
  return new Map(lines.map((line) => line.split(' ')).map(([name, value]) => [name!, Number(value)]));
}

describe('whoever says', () => {
  it('again and again that a sum is not finite has it looked at once, and is banned', async () => {
    const run = await waiting('not-finite');
    const worker = await rawWorker(run.url);
    const { step, level, index } = await worker.hears('assign');
    for (let i = 0; i < 1000; i++) worker.say({ type: 'notFinite', step, level, index });
    expect(await worker.hears('refuse')).toMatchObject({ name: 'BANNED' });
    expect((await metricsOf(run)).get('hivegrad_audits_total')).toBe(1);
    joining(run.url);
    expect(await run.digest()).toBe(digest);
  });

  it('that it lacks rows of a node that it was never given is believed to have them', async () => {
    const oneStep = place.config('one-step.json', { batchSize: 480, shardSize: 5, epochs: 2 });
    const run = await lend([oneStep, '--out', place.path('rows'), '--threads', '0', '--share', 'always']);
    const worker = await rawWorker(run.url);
    expect((await worker.hears('assign')).rows).toBe(5);
    // All samples, in the other epoch.
    const body = new Uint8Array(64).fill(255, 0, 60);
    worker.say({ type: 'missing', step: 1, level: 7, index: 0, rows: 480, body });
    expect(await worker.hears('reject')).toMatchObject({ name: 'FUTURE' });
    worker.say({ type: 'pause', reason: 'user' });
    worker.say({ type: 'resume', threads: 1 });
    expect(await worker.hears('assign')).toMatchObject({ step: 0, rows: 0 });
    worker.say({ type: 'bye', reason: 'user' });
    joining(run.url);
    expect(await run.digest()).toMatch(/^[0-9a-f]{64}$/);
  });
});
