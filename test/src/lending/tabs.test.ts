/** Tabs of a real Chromium compute a run: alone, with others, and while they are closed, crash, freeze and come back. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChromiumTab, ChromiumUnderTest } from '../browsers/chromium.ts';
import { openChromium } from '../browsers/chromium.ts';
import { digestIn as digestPrinted, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import type { LentRun } from './lent-runs.ts';
import { acceptedIn, finished, joining, lasting, lend, manyNodes } from './lent-runs.ts';
import { digestIn, lendTab } from './tabs.ts';

let place: Workplace;
let chromium: ChromiumUnderTest;
let [short, long] = ['', ''];
let [shortDigest, longDigest] = ['', ''];
beforeAll(async () => {
  place = createWorkplace();
  // A name that browsers do not take for this machine, so that its pages are not secure over plain HTTP.
  chromium = await openChromium({ args: ['--host-resolver-rules=MAP hive.test 127.0.0.1'] });
  short = place.config('short.json', manyNodes);
  long = place.config('long.json', lasting);
  const train = (config: string, name: string) =>
    succeed(['train', config, '--out', place.path(name), '--threads', '2']);
  shortDigest = digestPrinted(await train(short, 'short'));
  longDigest = digestPrinted(await train(long, 'long'));
});
afterAll(async () => {
  killAll();
  await chromium.close();
  place.remove();
});

const lendAs = (config: string, name: string, ...flags: readonly string[]) =>
  lend([config, '--out', place.path(name), '--share', 'always', ...flags]);
const open = async (run: LentRun, query = '') => {
  const tab = await chromium.open(run.url + query);
  return tab;
};
const lent = async (run: LentRun, query?: string): Promise<ChromiumTab> => {
  const tab = await open(run, query);
  await lendTab(tab);
  return tab;
};

describe('the weights of a run are those of two threads', () => {
  it('with two tabs and no threads', async () => {
    const run = await lendAs(long, 'two-tabs', '--threads', '0');
    const tabs = await Promise.all([lent(run), lent(run)]);
    expect(await run.digest()).toBe(longDigest);
    for (const tab of tabs) expect(await digestIn(tab)).toBe(longDigest);
  });

  it('with one thread, one tab and one other process', async () => {
    const run = await lendAs(long, 'mixed', '--threads', '1');
    const worker = joining(run.url);
    const tab = await lent(run);
    expect(await run.digest()).toBe(longDigest);
    expect(await digestIn(tab)).toBe(longDigest);
    expect(acceptedIn(finished(await worker.ended))).toBeGreaterThan(0);
  });

  it('with tabs that are closed, crash, are reloaded, freeze and are opened again', async () => {
    const run = await lendAs(long, 'churn', '--threads', '0');
    const stays = joining(run.url);
    await stays.said(/^joined/m);
    await (await lent(run)).close();
    const crashes = await lent(run);
    await crashes.crash();
    await crashes.close();
    const reloaded = await lent(run);
    await reloaded.reload();
    await lendTab(reloaded);
    await chromium.freeze();
    const wakes = joining(run.url);
    await wakes.said(/^joined/m);
    chromium.thaw();
    expect(await run.digest()).toBe(longDigest);
    expect(await digestIn(reloaded)).toBe(longDigest);
    expect((await run.ended).stderr).not.toMatch(/banned/);
  });

  it('with a tab that has no room for the data set, also when it is reloaded', async () => {
    const run = await lendAs(long, 'no-room', '--threads', '0');
    // 480 rows of 20 bytes do not fit.
    const tab = await lent(run, '?cache=0.004');
    await tab.reload();
    await lendTab(tab);
    expect(await run.digest()).toBe(longDigest);
    expect(await digestIn(tab)).toBe(longDigest);
  });

  it('with a tab whose page is not isolated', async () => {
    // A name that is not this machine's own needs a token.
    const run = await lendAs(short, 'bare', '--threads', '0', '--token', 'honey');
    const tab = await chromium.open(run.url.replace('127.0.0.1', 'hive.test'));
    expect(await tab.evaluate('[crossOriginIsolated, isSecureContext]')).toEqual([false, false]);
    await tab.click('#start');
    expect(await run.digest()).toBe(shortDigest);
    expect(await digestIn(tab)).toBe(shortDigest);
  });
});

describe('a tab that sends one wrong bit', () => {
  it('is banned, and nothing of it is left', async () => {
    const run = await lendAs(short, 'liar', '--threads', '0', '--audit', '1');
    const tab = await open(run);
    const lie = `
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (frame) {
        const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
        if (bytes.length > 1000) bytes[bytes.length - 4] ^= 1;
        send.call(this, frame);
      };`;
    const patched = new Promise<void>((resolve, reject) => {
      tab.page.on('worker', (worker) => {
        if (worker.url().includes('connection')) worker.evaluate(lie).then(() => resolve(), reject);
      });
    });
    await tab.click('#start');
    await patched;
    await tab.until("document.querySelector('#sentence').textContent.includes('was wrong')");
    await run.said(/^Worker 1 sent wrong bits/m);
    joining(run.url);
    expect(await run.digest()).toBe(shortDigest);
  });
});
