/**
 * `npm run bench:lending`: what it costs to lend a run out, beside bare sockets and beside threads alone. A table on
 * standard error, JSON lines on standard output, and with them the page lending.md in --out (default .cache/bench).
 *
 *   --out DIR    where lending.md and lending.jsonl go; docs/bench is what the README shows
 *   --only LIST  only these sections, for example trips,idle
 *   --quick      a look: fewer and shorter windows
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { machineRecord } from 'hivegrad/bench/bench';
import { openChromium } from '../../browsers/chromium.ts';
import { openFirefox } from '../../browsers/firefox.ts';
import type { BrowserUnderTest } from '../../browsers/tab.ts';
import { root } from '../contestants.ts';
import { idleSockets, uselessVolunteers } from './bystanders.ts';
import { firstGradient } from './first-gradient.ts';
import { markdownPage, type Row, terminalTable } from './rows.ts';
import { openBench } from './run.ts';
import type { SectionOptions } from './section.ts';
import { openTabPage } from './tab-page.ts';
import { tabsBesideThreads } from './throughput.ts';
import { nodeTrips, tabTrips } from './trips.ts';

const NODE_CLIENTS = 16;

/** In the order in which they are measured. */
const sections: Readonly<Record<string, (options: SectionOptions) => Promise<Row[]>>> = {
  trips: async (options) => [...(await nodeTrips(1, options)), ...(await nodeTrips(NODE_CLIENTS, options))],
  chromium: (options) => inTab(openChromium, options),
  firefox: (options) => inTab(openFirefox, options),
  throughput: (options) => tabsBesideThreads(fewer(options)),
  useless: (options) => uselessVolunteers(fewer(options)),
  idle: (options) => idleSockets(fewer(options)),
  start: firstGradient,
};

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, '.cache', 'bench') },
    only: { type: 'string', default: Object.keys(sections).join(',') },
    quick: { type: 'boolean', default: false },
  },
});
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
const record = (entry: object) => `${JSON.stringify(entry)}\n`;

const machine = await machineRecord(true);
say(`Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);
let lines = record(machine);
process.stdout.write(lines);
const rows: Row[] = [];
const bench = openBench();
try {
  const extent = flags.quick ? { rounds: 2, windowMs: 1_000 } : { rounds: 5, windowMs: 2_000 };
  for (const name of flags.only.split(',')) {
    const section = sections[name];
    if (section === undefined) throw new Error(`There is no section ${name}.`);
    const found = await section({ bench, ...extent, say });
    rows.push(...found);
    const text = found.map(record).join('');
    lines += text;
    process.stdout.write(text);
  }
} finally {
  await bench.close();
}

say(`\n${terminalTable(rows)}`);
const out = resolve(flags.out);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'lending.jsonl'), lines);
writeFileSync(join(out, 'lending.md'), markdownPage(rows, machine, 'npm run bench:lending'));
say(`Written: lending.md and lending.jsonl in ${out}.`);

/** For what takes long. */
function fewer(options: SectionOptions): SectionOptions {
  return { ...options, rounds: Math.ceil(options.rounds / 2) };
}

async function inTab(open: () => Promise<BrowserUnderTest>, options: SectionOptions): Promise<Row[]> {
  const page = await openTabPage();
  const browser = await open();
  try {
    return await tabTrips(browser, page, options);
  } finally {
    await browser.close();
    await page.close();
  }
}
