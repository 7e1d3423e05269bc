/** The time from opening the page of a run to the first gradient of the tab that is accepted, with Start clicked at once. */

import { openChromium } from '../../browsers/chromium.ts';
import type { Row } from './rows.ts';
import { pass, type SectionOptions, W1_HIDDEN } from './section.ts';

const TARGET_MS = 2_000;
const LOOK_MS = 5;

export async function firstGradient({ bench, rounds, say }: SectionOptions): Promise<Row[]> {
  const task = { hidden: W1_HIDDEN, samples: 8_192, batchSize: 32, shardSize: 16 };
  const times: number[] = [];
  const chromium = await openChromium();
  try {
    const run = await bench.run(task, ['--threads', '0', '--share', 'always']);
    const accepted = async () => (await run.metrics()).value('hivegrad_remote_nodes_accepted_total');
    // The first tab of a browser takes longer than those that come after it.
    await (await chromium.open(run.url)).close();
    for (let round = 1; round <= rounds; round++) {
      say(`from the page to the first gradient, ${round} of ${rounds}`);
      const before = await accepted();
      const beganMs = performance.now();
      const tab = await chromium.open(run.url);
      await tab.click('#start');
      while ((await accepted()) === before) await pass(LOOK_MS);
      times.push(performance.now() - beganMs);
      await tab.close();
    }
    await run.end();
  } finally {
    await chromium.close();
  }
  return [
    {
      what: 'from opening the page to the first accepted gradient',
      unit: 'ms',
      runs: times,
      target: { of: 'value', bound: 'below', value: TARGET_MS },
    },
  ];
}
