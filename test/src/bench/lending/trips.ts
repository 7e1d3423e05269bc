/**
 * Round trips with the computation replaced by nothing: 400 KB of weights down and 400 KB of gradient up, for Node
 * clients in one process and for a tab, beside bare sockets between the same two.
 */

import { createHash } from 'node:crypto';
import { gradientBytes } from '@hivegrad/shared/protocol/limits';
import { readKernels } from '@hivegrad/worker/kernels-file';
import type { BrowserUnderTest } from '../../browsers/tab.ts';
import type { BareServerReady } from './bare-server.ts';
import type { ClientsTask, Trips } from './clients.ts';
import { startHelper } from './lines.ts';
import type { Row } from './rows.ts';
import type { BenchRun } from './run.ts';
import { loopDelayMs, pass, rateOf, SETTLE_MS, type SectionOptions, W1_HIDDEN } from './section.ts';
import type { TabPage } from './tab-page.ts';

const PARAMETERS = 784 * 128 + 128 + 128 * 10 + 10;
const BYTES = gradientBytes({ parameters: PARAMETERS });
const TOKEN = 't';
const LENT_SHARE = 0.7;
const LOOP_DELAY_MS = 50;
/** An epoch is longer than a window. */
const SAMPLES = 8_192;

/** Who is on the other side of the line. */
interface Clients {
  /** Bare sockets to `url`; resolves when they run, with how to count their round trips. */
  bare(url: string): Promise<Clients.Running>;
  /** Workers of the run. */
  lend(run: BenchRun): Promise<Clients.Running>;
}

declare namespace Clients {
  interface Running {
    /** Of bare sockets. */
    trips(): Promise<number>;
    close(): Promise<void>;
  }
}

export async function nodeTrips(count: number, options: SectionOptions): Promise<Row[]> {
  const start = async (task: Pick<ClientsTask, 'kind' | 'url'>): Promise<Clients.Running> => {
    const helper = await startHelper('clients.js', { ...task, count, token: TOKEN, bytes: BYTES });
    return { trips: async () => (await helper.ask<Trips>('trips')).trips, close: () => helper.end() };
  };
  return trips(
    { who: count === 1 ? '1 Node client' : `${count} Node clients`, count, flags: [], target: true },
    {
      bare: (url) => start({ kind: 'bare', url }),
      lend: ({ socketUrl }) => start({ kind: 'null', url: socketUrl }),
    },
    options,
  );
}

export async function tabTrips(
  browser: BrowserUnderTest,
  page: TabPage,
  options: SectionOptions,
): Promise<Row[]> {
  const kernels = createHash('sha256')
    .update(await readKernels())
    .digest('hex');
  return trips(
    {
      who: browser.name.replace(/(\d+)\..*/, '$1'),
      count: 1,
      flags: ['--origin', page.origin],
      target: false,
    },
    {
      bare: (url) => page.open(browser, { kind: 'bare', url, bytes: BYTES }),
      lend: ({ socketUrl }) => page.open(browser, { kind: 'null', url: socketUrl, token: TOKEN, kernels }),
    },
    options,
  );
}

interface Who {
  readonly who: string;
  readonly count: number;
  /** Of the run. */
  readonly flags: readonly string[];
  /** Whether the rate is held to the one of bare sockets. */
  readonly target: boolean;
}

async function trips(
  { who, count, flags, target }: Who,
  clients: Clients,
  { bench, rounds, windowMs, say }: SectionOptions,
): Promise<Row[]> {
  const [lent, bare, delays]: [number[], number[], number[]] = [[], [], []];
  for (let round = 1; round <= rounds; round++) {
    say(`round trips, ${who}, ${round} of ${rounds}`);
    bare.push(await bareRate(clients, windowMs));
    const task = { hidden: W1_HIDDEN, samples: SAMPLES, batchSize: count, shardSize: 1 };
    const run = await bench.run(task, ['--threads', '0', '--share', 'always', '--token', TOKEN, ...flags]);
    const running = await clients.lend(run);
    await pass(SETTLE_MS);
    const accepted = async () => (await run.metrics()).value('hivegrad_remote_nodes_accepted_total');
    lent.push(await rateOf(accepted, windowMs));
    delays.push(await loopDelayMs(run));
    await run.end();
    await running.close();
  }
  return [
    {
      what: `round trips of 400 KB, ${who}`,
      unit: '/s',
      runs: lent,
      beside: { what: 'bare sockets', runs: bare },
      ...(target && { target: { of: 'ratio', bound: 'at least', value: LENT_SHARE } }),
    },
    {
      what: `delay of the event loop meanwhile, 99th percentile`,
      unit: 'ms',
      runs: delays,
      target: { of: 'value', bound: 'below', value: LOOP_DELAY_MS },
    },
  ];
}

async function bareRate(clients: Clients, windowMs: number): Promise<number> {
  const server = await startHelper<BareServerReady>('bare-server.js', { bytes: BYTES });
  const running = await clients.bare(server.ready.url);
  await pass(SETTLE_MS);
  const rate = await rateOf(() => running.trips(), windowMs);
  await running.close();
  await server.end();
  return rate;
}
