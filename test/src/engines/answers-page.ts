/**
 * The answers of a browser: a page that is served with the headers of a run, and a module worker in it that computes
 * them, built as the real page is. See answers.ts.
 */

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readKernels } from '@hivegrad/worker/kernels-file';
import { type Page, readPage } from 'hivegrad/server/page';
import { answerRequest } from 'hivegrad/server/requests';
import { build } from 'vite';
import type { BrowserUnderTest } from '../browsers/tab.ts';
import type { Answers } from './answers.ts';

const worker = fileURLToPath(new URL('./tab-worker.ts', import.meta.url));

const blank = '<!doctype html><html lang="en"><title>Answers</title></html>';

/** What a page sees of its engine that decides how workers may share memory. */
export interface TabAnswers extends Answers {
  readonly isolated: boolean;
  readonly sharedArrayBuffer: boolean;
}

const expression = `new Promise((resolve, reject) => {
  const worker = new Worker('/worker.js', { type: 'module' });
  worker.onerror = (event) => reject(new Error(event.message ?? 'the worker did not start'));
  worker.onmessage = (event) => resolve({
    ...event.data,
    isolated: globalThis.crossOriginIsolated === true,
    sharedArrayBuffer: typeof SharedArrayBuffer === 'function',
  });
})`;

export interface AnswersPage {
  /** The answers of a new tab. `isolated` tells whether the page comes with the headers that allow shared memory. */
  ask(browser: BrowserUnderTest, options: { readonly isolated: boolean }): Promise<TabAnswers>;
  close(): Promise<void>;
}

export async function openAnswersPage(): Promise<AnswersPage> {
  const page = await builtPage();
  const [run, plain] = await Promise.all([serve(page, true), serve(page, false)]);
  return {
    async ask(browser, { isolated }) {
      const tab = await browser.open(isolated ? run.url : plain.url);
      const answers = (await tab.evaluate(expression)) as TabAnswers;
      await tab.close();
      return answers;
    },
    async close() {
      await Promise.all([run.close(), plain.close()]);
    },
  };
}

async function builtPage(): Promise<Page> {
  const folder = await mkdtemp(join(tmpdir(), 'hivegrad-answers-'));
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@hivegrad/source', 'module', 'browser', 'default'] },
      build: {
        outDir: folder,
        target: 'es2023',
        rolldownOptions: { input: worker, output: { entryFileNames: 'worker.js' } },
      },
    });
    await writeFile(join(folder, 'kernels.wasm'), await readKernels());
    await writeFile(join(folder, 'index.html'), blank);
    return await readPage(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the headers of a run, or as a host serves files that knows nothing of them. */
async function serve(page: Page, isolated: boolean): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (isolated) {
      answerRequest(request, response, { page, status: () => ({}), metrics: () => Promise.resolve('') });
      return;
    }
    const content = page.get(request.url ?? '/');
    response.writeHead(content === undefined ? 404 : 200, { 'Content-Type': content?.type ?? 'text/plain' });
    response.end(content?.bytes);
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
