/** What a visitor does on the page of a run, and what is seen there, in any browser. */

import type { Tab } from '../browsers/tab.ts';

const shows = (selector: string, test: string) =>
  `(() => { const text = document.querySelector('${selector}')?.textContent ?? ''; return ${test}; })()`;

/** Consents; resolves when the run has accepted something of the tab. */
export async function lendTab(tab: Tab): Promise<void> {
  await tab.click('#start');
  await tab.until(shows('#contribution', '/Nodes accepted[^0-9]*[1-9]/.test(text)'));
}

/** Resolves when the run is over, with the digest that the tab shows. */
export async function digestIn(tab: Tab): Promise<string> {
  await tab.until(shows('#sentence', "text === 'The run is finished. Thank you.'"), 60_000);
  await tab.until(shows('#digest', '/^[0-9a-f]{64}$/.test(text.trim())'));
  return tab.text('#digest');
}
