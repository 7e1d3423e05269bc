/**
 * A Chromium for tests: found on this machine and started without a window. What makes it slow, noisy or chatty is
 * switched off; nothing that a page can see is.
 */

import process from 'node:process';
import { type Browser, type BrowserType, chromium, type Page } from 'playwright-core';
import { findProgram, type Machine, MissingProgram, type Program, thisMachine } from './programs.ts';
import {
  type BrowserUnderTest,
  clickableExpression,
  DEADLINE_MS,
  type Tab,
  textExpression,
  untilTrue,
} from './tab.ts';

const program: Program = {
  name: 'Chromium',
  variable: 'CHROMIUM_PATH',
  commands: [
    'chromium',
    'google-chrome-stable',
    'google-chrome',
    'chromium-browser',
    'microsoft-edge-stable',
  ],
  paths: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '%ProgramFiles%\\Google\\Chrome\\Application\\chrome.exe',
    '%ProgramFiles(x86)%\\Google\\Chrome\\Application\\chrome.exe',
    '%LOCALAPPDATA%\\Google\\Chrome\\Application\\chrome.exe',
    '%LOCALAPPDATA%\\Chromium\\Application\\chrome.exe',
    '%ProgramFiles(x86)%\\Microsoft\\Edge\\Application\\msedge.exe',
    '%ProgramFiles%\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The Chromium that `playwright-core install chromium` brings, whether or not it is there. */
export const broughtChromium: string = chromium.executablePath();

/**
 * The path of the Chromium that tests use: the one that CHROMIUM_PATH names, one that is installed, or the one that
 * Playwright brought; undefined where there is none.
 * @throws MisnamedProgram
 */
export function seekChromium(machine: Machine = thisMachine): string | undefined {
  const path = findProgram(program, machine);
  return path ?? (machine.isExecutable(broughtChromium) ? broughtChromium : undefined);
}

/** The same. @throws MissingProgram also where there is none */
export function findChromium(machine: Machine = thisMachine): string {
  const path = seekChromium(machine);
  if (path !== undefined) return path;
  throw new MissingProgram(
    'The tests drive a Chromium and found none: install Chromium or Chrome, or set CHROMIUM_PATH to one.',
  );
}

/** Options of Playwright's launch; `args` come after the flags that every test has. */
export type ChromiumOptions = Omit<NonNullable<Parameters<BrowserType['launch']>[0]>, 'executablePath'>;

/** A Chromium without a window, for tests of this one browser. Whoever starts it closes it. */
export function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const args = [...flags, ...(options.args ?? [])];
  return chromium.launch({ ...options, executablePath: findChromium(), args });
}

export interface ChromiumUnderTest extends BrowserUnderTest {
  open(url: string): Promise<ChromiumTab>;
  /** Stops the processes of all its tabs, workers included, as a machine does that goes to sleep, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Kills the processes of all its tabs with SIGKILL. Of the tabs only `close` works from then on. */
  kill(): Promise<void>;
}

export interface ChromiumTab extends Tab {
  readonly page: Page;
  /** The tab's process dies as from a bug of the browser. Of the tab only `close` works from then on. */
  crash(): Promise<void>;
}

/** Tabs share neither storage nor cookies, as if each were a visitor of its own. */
export async function openChromium(options?: ChromiumOptions): Promise<ChromiumUnderTest> {
  const browser = await launchChromium(options);
  const frozen: number[] = [];
  const alive = new Set<Page>();
  return {
    name: `Chromium ${browser.version()}`,
    async open(url) {
      const page = await browser.newPage();
      alive.add(page);
      page.once('crash', () => alive.delete(page));
      page.once('close', () => alive.delete(page));
      await page.goto(url);
      return chromiumTab(page);
    },
    async freeze() {
      frozen.push(...(await renderersOf(browser)));
      signal(frozen, 'SIGSTOP');
    },
    thaw: () => signal(frozen.splice(0), 'SIGCONT'),
    async kill() {
      const crashes = [...alive].map((page) => page.waitForEvent('crash'));
      signal(await renderersOf(browser), 'SIGKILL');
      await Promise.all(crashes);
    },
    async close() {
      // A process that is stopped would not hear that it shall end.
      signal(frozen.splice(0), 'SIGCONT');
      await browser.close();
    },
  };
}

/** The processes that run pages and their workers; which tab is whose the browser does not tell, and one may be a spare. */
async function renderersOf(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const id of processes) process.kill(id, name);
}

function chromiumTab(page: Page): ChromiumTab {
  page.setDefaultTimeout(DEADLINE_MS);
  const evaluate = (expression: string): Promise<unknown> => page.evaluate(expression);
  return {
    page,
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    async click(selector) {
      await untilTrue(evaluate, clickableExpression(selector));
      await page.click(selector);
    },
    text: async (selector) => (await evaluate(textExpression(selector))) as string,
    evaluate,
    until: (expression, deadlineMs) => untilTrue(evaluate, expression, deadlineMs),
    screenshot: async (path) => void (await page.screenshot({ path })),
    close: () => page.context().close(),
    async crash() {
      const session = await page.context().newCDPSession(page);
      const crashed = page.waitForEvent('crash');
      // The process that would answer this is gone.
      session.send('Page.crash').catch(() => undefined);
      await crashed;
    },
  };
}
