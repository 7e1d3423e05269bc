import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChromiumUnderTest, openChromium } from './chromium.ts';
import { type CounterPage, describeTabs, openCounterPage } from './tab-suite.test.support.ts';

describeTabs('Chromium', openChromium);

describe('a Chromium', () => {
  let page: CounterPage;
  let browser: ChromiumUnderTest;
  let another: ChromiumUnderTest;

  beforeAll(async () => {
    [page, browser, another] = await Promise.all([openCounterPage(), openChromium(), openChromium()]);
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), another?.close()]);
    await page?.close();
  });

  it('that is frozen answers nothing while another one works, and goes on when it is thawed', async () => {
    const tab = await browser.open(page.url);
    const awake = await another.open(page.url);
    await tab.click('#add');
    await browser.freeze();
    let answered = false;
    const answer = tab.text('#add').then((text) => {
      answered = true;
      return text;
    });
    await awake.until('beats > 40');
    expect(answered).toBe(false);
    browser.thaw();
    expect(await answer).toBe('1');
    await Promise.all([tab.close(), awake.close()]);
  });

  it('whose tab crashed rejects what is asked of it and opens another', async () => {
    const tab = await browser.open(page.url);
    await tab.crash();
    await expect(tab.evaluate('beats')).rejects.toThrow(/crashed/);
    await tab.close();
    const next = await browser.open(page.url);
    await next.until('beats > 0');
    await next.close();
  });

  it('whose processes were killed lost all its tabs and opens another', async () => {
    const tabs = await Promise.all([browser.open(page.url), browser.open(page.url)]);
    await browser.kill();
    for (const tab of tabs) {
      await expect(tab.evaluate('beats')).rejects.toThrow(/crashed/);
      await tab.close();
    }
    const next = await browser.open(page.url);
    await next.until('beats > 0');
    await next.close();
  });
});
