/**
 * A Firefox for tests, as it is installed, without a window, driven over WebDriver BiDi: the same steps as in the
 * other browsers, see tab.ts.
 */

import { launch, type Page } from 'puppeteer-core';
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
  name: 'Firefox',
  variable: 'FIREFOX_PATH',
  commands: ['firefox-esr', 'firefox'],
  paths: [
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    '%ProgramFiles%\\Mozilla Firefox\\firefox.exe',
    '%ProgramFiles(x86)%\\Mozilla Firefox\\firefox.exe',
  ],
};

/** @throws MissingProgram where there is none */
export function findFirefox(machine: Machine = thisMachine): string {
  const path = findProgram(program, machine);
  if (path !== undefined) return path;
  throw new MissingProgram(
    'The tests of engines drive a Firefox and found none: install it (Debian: firefox-esr), or set FIREFOX_PATH to one.',
  );
}

/** Whoever starts it closes it. Tabs share neither storage nor cookies. */
export async function openFirefox(): Promise<BrowserUnderTest> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    timeout: DEADLINE_MS,
    protocolTimeout: DEADLINE_MS,
  });
  return {
    name: (await browser.version()).replace(/^firefox\//, 'Firefox '),
    async open(url) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(url);
      return firefoxTab(page);
    },
    close: () => browser.close(),
  };
}

function firefoxTab(page: Page): Tab {
  page.setDefaultTimeout(DEADLINE_MS);
  const evaluate = (expression: string): Promise<unknown> => page.evaluate(expression);
  return {
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    async click(selector) {
      await untilTrue(evaluate, clickableExpression(selector));
      await page.click(selector);
    },
    text: async (selector) => (await evaluate(textExpression(selector))) as string,
    evaluate,
    until: (expression, deadlineMs) => untilTrue(evaluate, expression, deadlineMs),
    screenshot: async (path) => void (await page.screenshot({ path: path as `${string}.png` })),
    close: () => page.browserContext().close(),
  };
}
