/** The weights of a run do not depend on who computes them: threads, other processes, or both, in whatever order. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { contentOf, createWorkplace } from '../support/files.ts';
import { acceptedIn, finished, joining, lasting, lend, manyNodes } from './lent-runs.ts';

let place: Workplace;
let config: string;
let digest: string;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('many-nodes.json', manyNodes);
  digest = digestIn(await succeed(['train', config, '--out', place.path('threads'), '--threads', '2']));
});
afterAll(() => {
  killAll();
  place.remove();
});

const lendAs = (name: string, ...flags: readonly string[]) =>
  lend([config, '--out', place.path(name), '--share', 'always', ...flags]);
const trained = async (file: string, name: string) =>
  digestIn(await succeed(['train', file, '--out', place.path(name)]));

describe('the weights and files of a run are those of two threads', () => {
  it('with two processes and no threads', async () => {
    const run = await lendAs('no-threads', '--threads', '0');
    const workers = [joining(run.url), joining(run.url)];
    expect(await run.digest()).toBe(digest);
    const ended = await Promise.all(workers.map((worker) => worker.ended));
    for (const worker of ended) expect(acceptedIn(finished(worker))).toBeGreaterThan(0);
    expect(contentOf(place.path('no-threads'))).toEqual(contentOf(place.path('threads')));
  });

  it('with a thread and a process of three threads that comes later', async () => {
    const file = place.config('lasting.json', lasting);
    const run = await lend([file, '--out', place.path('mixed'), '--share', 'always', '--threads', '1']);
    const worker = joining(run.url, '--threads', '3');
    const mixed = await run.digest();
    expect(acceptedIn(finished(await worker.ended))).toBeGreaterThan(0);
    expect(mixed).toBe(await trained(file, 'lasting'));
    expect((await worker.ended).stdout).toContain(mixed);
  });

  it('with threads alone that wait for others in vain', async () => {
    const run = await lendAs('alone', '--threads', '2');
    expect(await run.digest()).toBe(digest);
  });

  it('with processes that are killed, leave, and are stopped for a while', async () => {
    const file = place.config('churn.json', { ...lasting, seed: 8 });
    const run = await lend([file, '--out', place.path('churn'), '--share', 'always', '--threads', '0']);
    const stays = joining(run.url);
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
      const leaves = joining(run.url);
      await leaves.said(/^joined/m);
      leaves.kill(signal);
      await leaves.ended;
    }
    const sleeps = joining(run.url);
    await sleeps.said(/^joined/m);
    sleeps.kill('SIGSTOP');
    const churned = await run.digest();
    sleeps.kill('SIGCONT');
    expect(churned).toBe(await trained(file, 'still'));
    expect(acceptedIn(finished(await stays.ended))).toBeGreaterThan(0);
    sleeps.kill('SIGKILL');
  });

  it('that goes on with other workers than it began with', async () => {
    const begun = await lendAs('resumed', '--threads', '0');
    const first = [joining(begun.url), joining(begun.url), joining(begun.url)];
    await begun.said(/^epoch 3\//m);
    begun.kill('SIGKILL');
    await begun.ended;
    for (const worker of first) worker.kill('SIGKILL');
    const resumed = await succeed(['train', '--resume', place.path('resumed'), '--threads', '4']);
    expect(digestIn(resumed)).toBe(digest);
  });
});
