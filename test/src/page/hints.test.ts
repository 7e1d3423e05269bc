/** Hints of the browser about battery, data and visibility, as a machine would give them: each pauses within a second. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../browsers/chromium.ts';
import { visit } from './visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A machine whose state a test changes by `change({ ... })`. */
const fakeMachine = `
  const battery = Object.assign(new EventTarget(), { charging: true, level: 0.9 });
  const connection = Object.assign(new EventTarget(), { saveData: false });
  let isHidden = false;
  navigator.getBattery = () => Promise.resolve(battery);
  Object.defineProperty(navigator, 'connection', { get: () => connection });
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  globalThis.change = ({ charging, level, saveData, hidden }) => {
    const set = (target, key, value, event) => {
      if (value === undefined) return;
      target[key] = value;
      target.dispatchEvent(new Event(event));
    };
    set(battery, 'level', level, 'levelchange');
    set(battery, 'charging', charging, 'chargingchange');
    set(connection, 'saveData', saveData, 'change');
    if (hidden === undefined) return;
    isHidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };`;

const change = (page: Page, state: object) => page.evaluate(`change(${JSON.stringify(state)})`);

it.each([
  [
    'battery',
    { charging: false, level: 0.29 },
    { level: 0.3 },
    'Paused to spare the battery.',
    'Keep computing on a low battery',
  ],
  [
    'saver',
    { saveData: true },
    { saveData: false },
    'Paused because data is to be saved.',
    'Keep computing although the browser saves data',
  ],
  [
    'hidden',
    { hidden: true },
    { hidden: false },
    'Paused while the tab is hidden.',
    'Keep computing in the background',
  ],
] as const)(
  '%s pauses within a second, until it is over or the person wants to go on',
  async (reason, on, off, sentence, label) => {
    const { run, page, sees } = await visit(browser, { before: fakeMachine });
    await page.click('#start');
    const worker = await run.greeted();
    for (const [state, message] of [
      [on, { type: 'pause', reason }],
      [off, { type: 'resume', threads: worker.hello.threads }],
      [on, { type: 'pause', reason }],
    ] as const) {
      const startMs = performance.now();
      await change(page, state);
      expect(await worker.take()).toEqual(message);
      expect(performance.now() - startMs).toBeLessThan(1000);
    }
    await sees('#sentence', sentence);
    await page.getByLabel(label).check();
    expect(await worker.take()).toMatchObject({ type: 'resume' });
  },
);

it('a hint that holds when the person starts pauses at once, and nothing is asked of the run meanwhile', async () => {
  const { run, page, sees } = await visit(browser, { before: fakeMachine });
  await change(page, { charging: false, level: 0.1 });
  await page.click('#start');
  const worker = await run.greeted();
  expect(await worker.take()).toEqual({ type: 'pause', reason: 'battery' });
  await sees('#sentence', 'Paused to spare the battery.');
  await page.getByLabel('Keep computing on a low battery').check();
  expect(await worker.take()).toMatchObject({ type: 'resume' });
});
