/** What every browser does through its tab, whichever it is: one suite, run in each. See tab.ts. */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserUnderTest, Tab } from './tab.ts';

/** A button that counts clicks, and counts by itself in a worker. */
const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/': [
    'text/html',
    `<!doctype html><html lang="en"><title>Counter</title><button id="add"> 0 </button><button id="off" disabled>
    </button><script src="/page.js"></script></html>`,
  ],
  '/page.js': [
    'text/javascript',
    `let clicks = 0; let beats = 0; const add = document.querySelector('#add');
    add.onclick = () => { add.textContent = ' ' + ++clicks + ' '; document.querySelector('#off').disabled = false; };
    document.querySelector('#off').onclick = () => { document.title = 'off'; };
    new Worker('/worker.js').onmessage = () => { beats++; };`,
  ],
  '/worker.js': ['text/javascript', `setInterval(() => postMessage(0), 5);`],
};

export interface CounterPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page under a policy that forbids eval and inline scripts, as the real one does. */
export async function openCounterPage(): Promise<CounterPage> {
  const server = createServer((request, response) => {
    const [type, text] = files[new URL(request.url ?? '/', 'http://host').pathname] ?? ['text/plain', ''];
    response
      .writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': "default-src 'self'" })
      .end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function describeTabs(name: string, start: () => Promise<BrowserUnderTest>): void {
  describe(`a tab of ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hivegrad-tabs-'));
    let page: CounterPage;
    let browser: BrowserUnderTest;
    let tab: Tab;

    beforeAll(async () => {
      [page, browser] = await Promise.all([openCounterPage(), start()]);
      tab = await browser.open(page.url);
    });

    afterAll(async () => {
      await browser?.close();
      await page?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('clicks what fits, as soon as it can be used, and reads text without the space around it', async () => {
      await tab.reload();
      expect(await tab.text('#add')).toBe('0');
      const clicked = tab.click('#off');
      await tab.click('#add');
      await clicked;
      expect(await tab.text('#add')).toBe('1');
      expect(await tab.evaluate('document.title')).toBe('off');
    });

    it('evaluates to JSON, also what a promise becomes, although the page forbids eval', async () => {
      expect(await tab.evaluate('Promise.resolve({ list: [1, "a", null] })')).toEqual({
        list: [1, 'a', null],
      });
    });

    it('rejects with the message of what an expression throws, and where no element fits', async () => {
      await expect(tab.evaluate('(() => { throw new Error("on purpose"); })()')).rejects.toThrow(
        'on purpose',
      );
      await expect(tab.text('#none')).rejects.toThrow('no element fits #none');
    });

    it('waits until an expression is true, and tells what it was when time is up', async () => {
      await tab.until('beats > 20');
      await expect(tab.until('"never" === 1', 50)).rejects.toThrow(
        'after 50 ms ""never" === 1" still gave false',
      );
    });

    it('begins anew with a reload and goes to other pages', async () => {
      await tab.reload();
      await tab.click('#add');
      await tab.reload();
      expect(await tab.text('#add')).toBe('0');
      await tab.goto(`${page.url}?other`);
      expect(await tab.evaluate('location.search')).toBe('?other');
    });

    it('shares no storage with another tab and outlives it', async () => {
      const other = await browser.open(page.url);
      await other.evaluate('localStorage.setItem("mine", "1")');
      expect(await tab.evaluate('localStorage.getItem("mine")')).toBe(null);
      await other.close();
      expect(await tab.text('#add')).toBe('0');
    });

    it('writes what it shows as a PNG', async () => {
      const path = join(folder, 'page.png');
      await tab.screenshot(path);
      expect(readFileSync(path).subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    });
  });
}
