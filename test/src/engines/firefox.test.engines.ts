import { loadKernels } from '@hivegrad/worker/kernels-file';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFirefox } from '../browsers/firefox.ts';
import type { BrowserUnderTest } from '../browsers/tab.ts';
import { describeTabs } from '../browsers/tab-suite.test.support.ts';
import { answersOf } from './answers.ts';
import { type AnswersPage, openAnswersPage } from './answers-page.ts';

describeTabs('Firefox', openFirefox);

let page: AnswersPage;
let browser: BrowserUnderTest;

beforeAll(async () => {
  [page, browser] = await Promise.all([openAnswersPage(), openFirefox()]);
});

afterAll(async () => {
  await browser?.close();
  await page?.close();
});

it.each([
  ['a page that is isolated', true],
  ['a page that is not isolated', false],
])('a Firefox gives the known answer and trains to the bits of this Node in %s', async (_page, isolated) => {
  const here = answersOf(await loadKernels());
  expect(await page.ask(browser, { isolated })).toEqual({ ...here, isolated, sharedArrayBuffer: isolated });
});
