/**
 * A visitor of the page: the built page from the real server, whose run a test plays, in a real Chromium. What a page must
 * never do, whatever the test is about, is collected on the way: errors, breaches of its policy, requests to others.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type ScriptedRun, type ScriptedRunOptions, startScriptedRun } from '../join/scripted-run.ts';

const PATIENCE_MS = 10_000;

/** The directory of the built page. */
export const pageDirectory = dirname(
  createRequire(import.meta.url).resolve('@hivegrad/browser-client/page/index.html'),
);

export interface VisitOptions {
  readonly run?: ScriptedRunOptions;
  readonly context?: BrowserContextOptions;
  /** Runs in the page before its own scripts. */
  readonly before?: string;
  /** What comes behind the address of the run, such as `?cache=1`. */
  readonly query?: string;
  /** A name that leads to the run, instead of its own. */
  readonly host?: string;
}

export interface Visit {
  readonly run: ScriptedRun;
  readonly page: Page;
  /** What should not have happened, in sentences. */
  readonly wrongs: readonly string[];
  /** Sockets that were opened. */
  readonly sockets: readonly string[];
  /** Waits until the page shows a part that holds a text. */
  sees(selector: string, text: string | RegExp): Promise<void>;
}

const watchPolicy = `
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error('policy: ' + violatedDirective + ' ' + blockedURI));`;

/** Starts the run and opens the page; both are closed with the test. */
export async function visit(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const run = await startScriptedRun({ page: pageDirectory, ...options.run });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options.context });
  onTestFinished(() => context.close());
  await context.addInitScript(`${watchPolicy}${options.before ?? ''}`);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const wrongs: string[] = [];
  const sockets: string[] = [];
  const address = new URL(run.url);
  if (options.host !== undefined) address.hostname = options.host;
  address.search = options.query ?? '';
  page.on('console', (message) => {
    if (message.type() === 'error') wrongs.push(message.text());
  });
  page.on('pageerror', ({ message }) => wrongs.push(message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== address.origin) wrongs.push(`a request to ${request.url()}`);
  });
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.goto(address.href);
  return {
    run,
    page,
    wrongs,
    sockets,
    sees: (selector, hasText) => page.locator(selector).filter({ hasText }).waitFor({ state: 'visible' }),
  };
}
