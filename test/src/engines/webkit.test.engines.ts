import { loadKernels } from '@hivegrad/worker/kernels-file';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeTabs } from '../browsers/tab-suite.test.support.ts';
import { openWebKit } from '../browsers/webkit.ts';
import { answersOf } from './answers.ts';
import { type AnswersPage, openAnswersPage } from './answers-page.ts';

describeTabs('WebKitGTK', () => openWebKit({ sharedMemory: true }));

let page: AnswersPage;

beforeAll(async () => {
  page = await openAnswersPage();
});

afterAll(() => page?.close());

it.each([
  ['with shared memory', { sharedMemory: true, isolated: true }],
  ['without shared memory', { sharedMemory: false, isolated: true }],
  ['in a page that is not isolated', { sharedMemory: true, isolated: false }],
])('a WebKitGTK %s gives the known answer and trains to the bits of this Node', async (_which, how) => {
  const { sharedMemory, isolated } = how;
  const here = answersOf(await loadKernels());
  const browser = await openWebKit({ sharedMemory });
  try {
    const there = await page.ask(browser, { isolated });
    expect(there).toEqual({ ...here, isolated, sharedArrayBuffer: sharedMemory });
  } finally {
    await browser.close();
  }
});
