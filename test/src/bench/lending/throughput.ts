/**
 * What two tabs of a Chromium with a thread each are worth beside two threads of this machine, on 784-512-512-10: at a
 * batch of 8,192, where computing is what counts, and at 128, where sending is.
 */

import type { ChromiumUnderTest } from '../../browsers/chromium.ts';
import { openChromium } from '../../browsers/chromium.ts';
import { lendTab } from '../../lending/tabs.ts';
import type { Row } from './rows.ts';
import type { BenchRun, RunTask } from './run.ts';
import { pass, SETTLE_MS, type SectionOptions, stepRate } from './section.ts';

const NETWORK = { hidden: [512, 512], optimizer: 'adam' } as const;
const PARAMETERS = 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10;
const LARGE: RunTask = { ...NETWORK, samples: 16_384, batchSize: 8_192, shardSize: 256 };
const SMALL: RunTask = { ...NETWORK, samples: 12_800, batchSize: 128, shardSize: 32 };
const TABS = 2;
const TABS_SHARE = 0.7;
/** Steps until each tab has most of the rows that it is given, and speeds are known. */
const STEPS_TO_FILL = 12;
/** A window has some steps at least. */
const STEPS_MIN_MS = 6_000;

export async function tabsBesideThreads(options: SectionOptions): Promise<Row[]> {
  const chromium = await openChromium();
  try {
    const large = await measure(LARGE, chromium, options);
    const small = await measure(SMALL, chromium, options);
    const samples = (rates: readonly number[]) => rates.map((rate) => rate * LARGE.batchSize);
    const stepMs = (rates: readonly number[]) => rates.map((rate) => 1_000 / rate);
    const threads = { what: 'two threads of this machine' };
    return [
      {
        what: '784-512-512-10, batch 8,192, two Chromium tabs',
        unit: 'samples/s',
        runs: samples(large.tabs),
        beside: { ...threads, runs: samples(large.threads) },
        target: { of: 'ratio', bound: 'at least', value: TABS_SHARE },
      },
      {
        what: 'the same at batch 128: a step',
        unit: 'ms',
        runs: stepMs(small.tabs),
        beside: { ...threads, runs: stepMs(small.threads) },
      },
      { what: 'bytes of weights and gradients in it', unit: 'MB', runs: small.megabytes },
      {
        what: 'share of it that is not computing',
        unit: '%',
        runs: small.tabs.map((rate, round) => 100 * (1 - rate / small.threads[round]!)),
      },
    ];
  } finally {
    await chromium.close();
  }
}

interface Measured {
  /** Steps a second. */
  readonly tabs: number[];
  readonly threads: number[];
  /** What travels in a step with tabs. */
  readonly megabytes: number[];
}

async function measure(
  task: RunTask,
  chromium: ChromiumUnderTest,
  { bench, rounds, windowMs, say }: SectionOptions,
): Promise<Measured> {
  const found: Measured = { tabs: [], threads: [], megabytes: [] };
  const lasts = Math.max(windowMs, STEPS_MIN_MS);
  for (let round = 1; round <= rounds; round++) {
    say(`two tabs beside two threads at batch ${task.batchSize}, ${round} of ${rounds}`);
    const alone = await bench.run(task, ['--threads', '2']);
    await pass(SETTLE_MS);
    found.threads.push(await stepRate(alone, lasts));
    await alone.end();

    const lent = await bench.run(task, ['--threads', '0', '--share', 'always', '--token', 't']);
    const tabs = await Promise.all(Array.from({ length: TABS }, () => chromium.open(pageOf(lent))));
    await Promise.all(tabs.map(lendTab));
    await stepsTaken(lent, STEPS_TO_FILL);
    const before = await lent.metrics();
    found.tabs.push(await stepRate(lent, lasts));
    const after = await lent.metrics();
    const grown = (name: string) => after.value(name) - before.value(name);
    const nodes = grown('hivegrad_remote_nodes_accepted_total') / grown('hivegrad_step');
    // Each tab gets the weights once a step, and each node is a gradient.
    found.megabytes.push(((TABS + nodes) * PARAMETERS * 4) / 1e6);
    await lent.end();
    await Promise.all(tabs.map((tab) => tab.close()));
  }
  return found;
}

/** The address of the page, with one thread to be lent. */
function pageOf({ url }: BenchRun): string {
  const page = new URL(url);
  page.searchParams.set('threads', '1');
  return page.href;
}

async function stepsTaken(run: BenchRun, steps: number): Promise<void> {
  while ((await run.metrics()).value('hivegrad_step') < steps) await pass(100);
}
