/** Three engines in one run: tabs of Chromium, Firefox and WebKitGTK beside a thread and another process. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from '../browsers/chromium.ts';
import { openFirefox } from '../browsers/firefox.ts';
import type { BrowserUnderTest } from '../browsers/tab.ts';
import { openWebKit } from '../browsers/webkit.ts';
import { acceptedIn, finished, joining, lasting, lend } from '../lending/lent-runs.ts';
import { digestIn, lendTab } from '../lending/tabs.ts';
import { digestIn as digestPrinted, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';

let place: Workplace;
let config: string;
let digest: string;
let browsers: readonly BrowserUnderTest[];
beforeAll(async () => {
  place = createWorkplace();
  config = place.config('long.json', { ...lasting, epochs: 600 });
  digest = digestPrinted(await succeed(['train', config, '--out', place.path('threads'), '--threads', '2']));
  browsers = await Promise.all([openChromium(), openFirefox(), openWebKit({ sharedMemory: true })]);
});
afterAll(async () => {
  killAll();
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  place.remove();
});

const lendAs = (name: string, ...flags: readonly string[]) =>
  lend([config, '--out', place.path(name), '--share', 'always', ...flags]);

describe('the weights of a run are those of two threads', () => {
  it('with a tab of each engine and no threads', async () => {
    const run = await lendAs('tabs', '--threads', '0');
    const tabs = await Promise.all(browsers.map((browser) => browser.open(run.url)));
    await Promise.all(tabs.map(lendTab));
    expect(await run.digest()).toBe(digest);
    expect(await Promise.all(tabs.map(digestIn))).toEqual([digest, digest, digest]);
  });

  it('with a tab of each engine that comes and goes, a process, and a thread', async () => {
    const run = await lendAs('mixed', '--threads', '0');
    const worker = joining(run.url);
    for (const browser of browsers) {
      const tab = await browser.open(run.url);
      await lendTab(tab);
      await tab.close();
    }
    run.kill('SIGINT');
    await run.ended;
    worker.kill('SIGINT');
    expect(acceptedIn(finished(await worker.ended))).toBeGreaterThan(0);
    const resumed = await lend(['--resume', place.path('mixed'), '--share', 'always', '--threads', '1']);
    const tabs = await Promise.all(browsers.map((browser) => browser.open(resumed.url)));
    await Promise.all(tabs.map((tab) => tab.click('#start')));
    expect(await resumed.digest()).toBe(digest);
  });
});
