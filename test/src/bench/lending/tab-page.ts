/** A page for a bench's tabs: served without anything around it, with tab-worker.ts built as the real page is. */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { BrowserUnderTest } from '../../browsers/tab.ts';
import type { TabTask } from './tab-worker.ts';

const html = '<!doctype html><html lang="en"><title>Bench</title></html>';

export interface BenchTab {
  /** Round trips so far, of a bare socket. */
  trips(): Promise<number>;
  close(): Promise<void>;
}

export interface TabPage {
  readonly origin: string;
  /** A new tab that does `task`. */
  open(browser: BrowserUnderTest, task: TabTask): Promise<BenchTab>;
  close(): Promise<void>;
}

export async function openTabPage(): Promise<TabPage> {
  const script = await builtWorker();
  const server = createServer(({ url }, response) => {
    const isScript = url === '/worker.js';
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    async open(browser, task) {
      const tab = await browser.open(`${origin}/`);
      await tab.evaluate(`{
        globalThis.worker = new Worker('/worker.js', { type: 'module' });
        worker.postMessage(${JSON.stringify(task)});
      }`);
      const ask = `new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage('trips');
      })`;
      return { trips: async () => (await tab.evaluate(ask)) as number, close: () => tab.close() };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function builtWorker(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'hivegrad-tab-'));
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        outDir: folder,
        target: 'es2023',
        rolldownOptions: {
          input: fileURLToPath(new URL('./tab-worker.js', import.meta.url)),
          output: { entryFileNames: 'worker.js' },
        },
      },
    });
    return readFileSync(join(folder, 'worker.js'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
