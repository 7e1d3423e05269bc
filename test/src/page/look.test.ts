/** How the page looks to people, programs and policies: themes, small screens, accessibility, nothing from elsewhere. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../browsers/chromium.ts';
import { type ScriptedWorker, weightsOf } from '../join/scripted-run.ts';
import { type Visit, visit } from './visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds, each as a rule and the places that break it. */
async function violations(page: Page): Promise<readonly (readonly string[])[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run()')) as AxeResults;
  expect(found.passes.length).toBeGreaterThan(20);
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

/** Starts, computes a node, and has everything on the page that can be there. */
async function fill({ run, page, sees }: Visit): Promise<ScriptedWorker> {
  await page.click('#start');
  const worker = await run.greeted();
  const { connection } = worker;
  worker.sendWeights(0);
  worker.assign({ step: 0, level: 4, index: 0 });
  await worker.take();
  for (const step of [1, 2, 3]) {
    const course = { loss: 2 / step, accuracy: step / 10 };
    const fleet = { browsers: 1, machines: 0, localThreads: 2, samplesPerSecond: 12_345.6 };
    connection.send({ type: 'status', epoch: 0, step, ...course, ...fleet });
    await sees('#progress-text', `step ${step} of 16`);
  }
  connection.send({ type: 'standing', nodes: 1, samples: 250 });
  await sees('#accuracy', '30 %');
  await sees('#fleet', '12,346');
  return worker;
}

const themes = ['light', 'dark'] as const;
const widths = [1280, 360] as const;

describe.each(themes)('in the %s theme', (colorScheme) => {
  it.each(widths)(
    'axe-core finds nothing and nothing scrolls sideways at %i pixels, before and after the start',
    async (width) => {
      const context = { colorScheme, viewport: { width, height: 740 } };
      const visited = await visit(browser, { context, run: { welcome: { run: 'W'.repeat(100) } } });
      const { page, sees } = visited;
      const scrollWidth = () => page.evaluate('document.documentElement.scrollWidth');
      await sees('#consent', 'gradients');
      expect(await violations(page)).toEqual([]);
      expect(await scrollWidth()).toBe(width);

      const { connection } = await fill(visited);
      await page.click('summary');
      expect(await page.locator('#numbers tr').allTextContents()).toEqual([
        '12.00010 %',
        '21.00020 %',
        '30.666730 %',
      ]);
      expect(await violations(page)).toEqual([]);
      expect(await scrollWidth()).toBe(width);

      connection.send({ type: 'done', reason: 'finished', version: 16, digest: 'cd'.repeat(32) });
      await sees('#result', 'cdcdcd');
      expect(await violations(page)).toEqual([]);
      expect(await scrollWidth()).toBe(width);
    },
  );
});

it('draws its charts anew in the colours of the other theme', async () => {
  const visited = await visit(browser, { context: { colorScheme: 'light' } });
  await fill(visited);
  const { page, sees } = visited;
  await sees('#loss canvas', '');
  const picture = async () => {
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return page.evaluate("document.querySelector('#loss canvas').toDataURL()");
  };
  const light = await picture();
  expect(await picture()).toBe(light);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await picture()).not.toBe(light);
});

it('shows the numbers where the charts cannot be drawn', async () => {
  const before = `Object.defineProperty(navigator, 'language', { get: () => 'C' });`;
  const visited = await visit(browser, { before });
  await fill(visited);
  const { page, sees, wrongs } = visited;
  await sees('#loss .latest', '0.6667');
  expect(await page.locator('#loss .plot').isVisible()).toBe(false);
  expect(wrongs).toEqual([]);
});

it('keeps to its policy, asks nobody else, and holds still for whoever wants that', async () => {
  const visited = await visit(browser, { context: { reducedMotion: 'reduce' } });
  const worker = await fill(visited);
  const { page, wrongs, sockets, run } = visited;
  worker.connection.send({ type: 'weights', version: 1, body: new Uint8Array(weightsOf(1).buffer) });
  worker.assign({ step: 0, level: 0, index: 0 }, { version: 1 });
  await worker.take();
  expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  expect(sockets).toEqual([`ws://127.0.0.1:${run.server.port}/socket`]);
  expect(wrongs).toEqual([]);
});

it('shows what a stranger wrote as text', async () => {
  const hostile = '<img src=x onerror="document.title=1">';
  const { page, sees, wrongs } = await visit(browser, {
    run: { status: () => ({ name: hostile, description: hostile, model: { layers: [{ type: hostile }] } }) },
  });
  await sees('h1', hostile);
  await sees('#run-description', hostile);
  expect(await page.locator('main img').count()).toBe(0);
  expect(wrongs).toEqual([]);
});

it('without JavaScript says that it needs it', async () => {
  const { sees } = await visit(browser, { context: { javaScriptEnabled: false } });
  await sees('noscript p', 'it needs JavaScript');
});
