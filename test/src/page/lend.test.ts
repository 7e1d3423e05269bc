/** From consent to contribution, in a real Chromium: what a tab computes has the bits of `gradient()`. */

import type { NodeAddress, Result } from '@hivegrad/shared/protocol/messages';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../browsers/chromium.ts';
import { expectedResult, type ScriptedWorker } from '../join/scripted-run.ts';
import { visit } from './visit.ts';

let browser: Browser;
beforeAll(async () => {
  // A name that leads here and is no place that a browser trusts, as the address of a machine in a network.
  browser = await launchChromium({ args: ['--host-resolver-rules=MAP hive.test 127.0.0.1'] });
});
afterAll(() => browser.close());

/** Of the first step, of 13 shards: nodes that are cut evenly, unevenly and not at all. */
const nodes: readonly NodeAddress[] = [
  { step: 0, level: 4, index: 0 },
  { step: 0, level: 3, index: 1 },
  { step: 0, level: 2, index: 2 },
  { step: 0, level: 1, index: 6 },
  { step: 0, level: 0, index: 12 },
];

/** Has nodes computed, all at once, and compares what comes back, in whatever order. */
async function contributes(worker: ScriptedWorker): Promise<void> {
  worker.sendWeights(0);
  for (const node of nodes) worker.assign(node);
  const results = (await Promise.all(nodes.map(() => worker.take()))) as Result[];
  const expected = await Promise.all(nodes.map((node) => expectedResult(node)));
  expect(results.sort((a, b) => b.level - a.level)).toEqual(
    expected.map((result) => ({ ...result, computeUs: expect.any(Number) })),
  );
}

describe('a tab', () => {
  it('asks first, and then computes, pauses, goes on, finishes and stops', async () => {
    const { run, page, sockets, wrongs, sees } = await visit(browser);
    await sees('#consent', 'sends gradients back');
    await sees('#sentence', 'Nothing is computed until you start.');
    expect([sockets.length, page.workers().length]).toEqual([0, 0]);

    await page.click('#start');
    const worker = await run.greeted();
    expect(worker.hello).toMatchObject({ agent: 'browser', threads: expect.any(Number) });
    await contributes(worker);
    worker.connection.send({ type: 'standing', nodes: 5, samples: 506 });
    await sees('#contribution', 'Samples accepted506');
    await sees('h1', 'scripted');
    await sees('#run-description', 'a <b>test</b>');

    await page.click('text=Pause');
    expect(await worker.take()).toEqual({ type: 'pause', reason: 'user' });
    await sees('#sentence', 'Paused.');
    await page.click('text=Resume');
    expect(await worker.take()).toMatchObject({ type: 'resume' });

    await page.click('text=Finish and stop');
    expect(await worker.take()).toEqual({ type: 'finish' });
    expect(await worker.take()).toEqual({ type: 'bye', reason: 'finished' });
    expect(await worker.closed).toBe(1000);
    await sees('#sentence', 'Stopped.');
    await sees('#start', 'Start again');
    expect(sockets).toHaveLength(1);
    expect(wrongs).toEqual([]);
  });

  it('has the same bits with any number of threads and at half the time', async () => {
    const { run, page } = await visit(browser, { query: '?threads=1', before: cores(4) });
    await page.click('#start');
    const worker = await run.greeted();
    expect(worker.hello.threads).toBe(1);
    await contributes(worker);
    for (const threads of [2, 3]) {
      await page.locator('#threads').press('ArrowRight');
      expect(await worker.take()).toEqual({ type: 'resume', threads });
      await contributes(worker);
    }
    await page.getByLabel('50 %').check();
    await contributes(worker);
  });

  it('on a page that is not isolated takes part with the same bits, and shows the token that it has', async () => {
    const { run, page, wrongs } = await visit(browser, { host: 'hive.test', run: { token: 'honey' } });
    expect(await page.evaluate('crossOriginIsolated')).toBe(false);
    await page.click('#start');
    await contributes(await run.greeted());
    // Chromium says of a plain address that it ignores the headers for isolation; nothing else is wrong.
    expect(wrongs.filter((wrong) => !wrong.includes('Cross-Origin-Opener-Policy'))).toEqual([]);
  });

  it('keeps its identity over a reload, asks again, and goes on with a cache that holds a part of the data', async () => {
    const { run, page, sees } = await visit(browser, { query: '?cache=0.001' });
    await page.click('#start');
    const before = await run.greeted();
    expect(before.hello.rowBytesMax).toBe(1048);
    await contributes(before);

    await page.reload();
    await sees('#start', 'Continue computing');
    expect(await page.evaluate('document.activeElement.id')).toBe('start');
    await page.keyboard.press('Enter');
    const after = await run.greeted();
    expect(after.hello.identity).toBe(before.identity);
    expect(after.hello.cacheId).not.toBe(before.hello.cacheId);
    // Rows that the run thinks are here are not; it is told which, and sends them again.
    after.sendWeights(0);
    after.assign(nodes[0]!, { withRows: false });
    expect(await after.take()).toMatchObject({ type: 'missing', level: 4, rows: 250 });
    await contributes(after);
  });

  it('says why it waits, that the run is over, and with which digest', async () => {
    const context = { permissions: ['clipboard-read', 'clipboard-write'] };
    const { run, page, sees } = await visit(browser, { context });
    await page.click('#start');
    const { connection } = await run.greeted();
    connection.send({ type: 'standing', nodes: 0, samples: 0, waiting: 'notUseful' });
    await sees('#sentence', 'the others finish each step before this machine could help');
    const digest = 'ab'.repeat(32);
    connection.send({ type: 'done', reason: 'finished', version: 16, digest });
    connection.close();
    await sees('#sentence', 'The run is finished. Thank you.');
    await sees('#digest', digest);
    await page.click('#copy');
    await sees('#copied', 'Copied.');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(digest);
    expect(await page.locator('#start').isVisible()).toBe(false);
  });

  it('says in a sentence that the token is missing', async () => {
    const { run, page, sees } = await visit(browser, { run: { token: 'honey' } });
    await page.goto(run.url.replace(/#.*/, '?other'));
    await sees('#problem', 'This run asks for a token.');
  });

  it('says what the run says when it refuses the kernels', async () => {
    const { page, sees } = await visit(browser, {
      run: { expected: { kernels: '00'.repeat(32), answer: '00'.repeat(32) } },
    });
    await page.click('#start');
    await sees('#sentence', 'The worker has other kernels');
    await sees('#start', 'Try again');
  });
});

describe('the keyboard alone', () => {
  it('starts, pauses, resumes, finishes, and never loses its place', async () => {
    const { run, page, sees } = await visit(browser);
    const focused = () => page.evaluate('document.activeElement.id');
    for (let presses = 0; presses < 10 && (await focused()) !== 'start'; presses++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    const worker = await run.greeted();
    await sees('#pause', 'Pause');
    expect(await focused()).toBe('pause');
    await page.keyboard.press('Space');
    expect(await worker.take()).toEqual({ type: 'pause', reason: 'user' });
    await sees('#pause', 'Resume');
    await page.keyboard.press('Space');
    expect(await worker.take()).toMatchObject({ type: 'resume' });
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('finish');
    await page.keyboard.press('Enter');
    expect(await worker.take()).toEqual({ type: 'finish' });
    await sees('#start', 'Start again');
    expect(await focused()).toBe('start');
  });
});

function cores(count: number): string {
  return `Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => ${count} });`;
}
