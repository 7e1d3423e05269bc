/** Answers that do not fit: told by their code, and without an effect on anybody else. */

import { protocolErrors } from '@hivegrad/shared/protocol/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import type { LentRun } from './lent-runs.ts';
import { joining, lend, manyNodes } from './lent-runs.ts';
import type { RawWorker } from './raw-worker.ts';
import { rawWorker, zeros } from './raw-worker.ts';

let place: Workplace;
let config: string;
let digest: string;
let run: LentRun;
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('many-nodes.json', manyNodes);
  digest = digestIn(await succeed(['train', config, '--out', place.path('threads')]));
  // Step 0 stays under way as long as nobody computes it.
  run = await lend([config, '--out', place.path('lent'), '--threads', '0', '--share', 'always']);
});
afterAll(() => {
  killAll();
  place.remove();
});

/** A leaf of the first step that a worker was not given. */
async function neverGiven(worker: RawWorker) {
  const { index } = await worker.hears('assign');
  return { step: 0, level: 0, index: index === 23 ? 22 : 23 };
}

describe('a worker is told', () => {
  it('that it was never given a node', async () => {
    const worker = await rawWorker(run.url);
    worker.say(zeros(worker.welcome, await neverGiven(worker)));
    expect(await worker.hears('reject')).toMatchObject({ name: 'NEVER_LEASED' });
  });

  it.each([
    ['that a step has not begun', 'FUTURE', { step: 1, level: 0, index: 0 }],
    ['that there is no such node', 'NO_SUCH_NODE', { step: 0, level: 0, index: 24 }],
    ['that there is no such step', 'NO_SUCH_STEP', { step: 120, level: 0, index: 0 }],
  ] as const)('%s', async (_, code, node) => {
    const worker = await rawWorker(run.url);
    worker.say(zeros(worker.welcome, node));
    const { number } = protocolErrors[code];
    expect(await worker.hears('reject')).toMatchObject({ code: number, name: code });
  });

  it('that a sum which is not finite has another message, and is banned since the sum is finite', async () => {
    const worker = await rawWorker(run.url);
    worker.say(zeros(worker.welcome, await worker.hears('assign'), Number.NaN));
    expect(await worker.hears('reject')).toMatchObject({ name: 'NOT_FINITE' });
    expect(await worker.hears('refuse')).toMatchObject({ name: 'BANNED' });
    expect(await worker.closed).toBe(4000 + protocolErrors.BANNED.number);
  });

  it('no more after eight of them', async () => {
    const worker = await rawWorker(run.url);
    const wrong = zeros(worker.welcome, await neverGiven(worker));
    for (let i = 0; i < 8; i++) worker.say(wrong);
    expect(await worker.hears('refuse')).toMatchObject({ name: 'TOO_MANY_ERRORS' });
  });

  it('that it came back elsewhere, where its identity did', async () => {
    const first = await rawWorker(run.url);
    const { identity, worker } = first.welcome;
    const second = await rawWorker(run.url, { identity });
    expect(second.welcome).toMatchObject({ identity, worker });
    expect(await first.hears('refuse')).toMatchObject({ name: 'REPLACED' });
  });

  it.each([
    ['other kernels', { kernels: '0'.repeat(64) }, 'OTHER_KERNELS'],
    ['an engine that fails the test', { answer: '0'.repeat(64) }, 'ENGINE_NOT_EXACT'],
    ['an older protocol', { protocol: 65_535 }, 'OTHER_PROTOCOL'],
  ] as const)('that it cannot take part with %s', async (_, changes, name) => {
    await expect(rawWorker(run.url, changes)).rejects.toThrow('ended before a "welcome" came');
    expect(await (await fetch(`${run.url}metrics`)).text()).toContain(`hivegrad_refusals{code="${name}"} 1`);
  });

  it('a name with HTML in it is no more than text, and one that cannot be shown is refused', async () => {
    await rawWorker(run.url, { name: '<img src=x onerror=alert(1)>' });
    await expect(rawWorker(run.url, { name: '../../etc/passwd\0' })).rejects.toThrow('ended before');
  });
});

it('and the run ends with the bits of the threads alone', async () => {
  joining(run.url);
  expect(await run.digest()).toBe(digest);
});

it('An answer that crossed the end of its step is no offence, one for a node of it that was never given is', async () => {
  const lent = await lend([config, '--out', place.path('stale'), '--threads', '0', '--share', 'always']);
  const slow = await rawWorker(lent.url);
  const node = await slow.hears('assign');
  joining(lent.url);
  // Its lease runs out, others do the node, and the run goes on.
  await lent.said(/^epoch 2\//m);
  slow.say(zeros(slow.welcome, node));
  slow.say(zeros(slow.welcome, { step: 119, level: 0, index: 0 }));
  expect(await slow.hears('reject')).toMatchObject({ name: 'FUTURE' });
  slow.say(zeros(slow.welcome, { step: 0, level: 0, index: node.index === 23 ? 22 : 23 }));
  expect(await slow.hears('reject')).toMatchObject({ name: 'STALE' });
  slow.say({ type: 'bye', reason: 'user' });
  expect(await lent.digest()).toBe(digest);
  const { stderr } = await lent.ended;
  expect(stderr).not.toMatch(/banned/);
});
