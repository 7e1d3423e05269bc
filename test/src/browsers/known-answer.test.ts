import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { loadKernels } from '@hivegrad/worker/kernels-file';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersOf } from '../engines/answers.ts';
import { type AnswersPage, openAnswersPage } from '../engines/answers-page.ts';
import { openChromium } from './chromium.ts';
import type { BrowserUnderTest } from './tab.ts';

let page: AnswersPage;
let browser: BrowserUnderTest;

beforeAll(async () => {
  [page, browser] = await Promise.all([openAnswersPage(), openChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await page?.close();
});

it.each([
  ['a page that is isolated', true],
  ['a page that is not isolated', false],
])('a Chromium gives the known answer and trains to the bits of this Node in %s', async (_page, isolated) => {
  const here = answersOf(await loadKernels());
  expect(here).toMatchObject({ simd: KNOWN_ANSWER, plain: KNOWN_ANSWER });
  expect(await page.ask(browser, { isolated })).toEqual({ ...here, isolated, sharedArrayBuffer: isolated });
});
