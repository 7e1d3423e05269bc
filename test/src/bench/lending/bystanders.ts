/**
 * What two threads lose on 784-128-10 by workers that are of no use to them: a slow one and a tab, and a thousand that
 * are connected and do nothing. The memory that each of these takes.
 */

import { openChromium } from '../../browsers/chromium.ts';
import type { ClientsTask } from './clients.ts';
import { startHelper } from './lines.ts';
import type { Row } from './rows.ts';
import type { BenchRun, RunTask } from './run.ts';
import { loopDelayMs, pass, SETTLE_MS, type SectionOptions, stepRate, W1_HIDDEN } from './section.ts';

const W1: RunTask = { hidden: W1_HIDDEN, samples: 60_000, batchSize: 32, shardSize: 16 };
const THREADS = ['--threads', '2'];
/** Threads tell of a second's steps at a time, so a window has some of them. */
const WINDOW_MS_MIN = 5_000;
const START_MS = 4_000;
const FAR_MS = 200;
const FAR_SHARE = 0.9;
const IDLE_SOCKETS = 1_000;
/** Long enough that all of them are tried a second time meanwhile. */
const IDLE_WINDOW_MS = 15_000;
const IDLE_SHARE = 0.95;
const IDLE_BYTES = 12 * 1024;
const LOOP_DELAY_MS = 50;

/** Threads that are helped only where it is useful, with and without a worker 200 ms away and a tab. */
export async function uselessVolunteers({ bench, rounds, windowMs, say }: SectionOptions): Promise<Row[]> {
  const lasts = Math.max(windowMs, WINDOW_MS_MIN);
  const [alone, attended]: [number[], number[]] = [[], []];
  const chromium = await openChromium();
  try {
    const run = await bench.run(W1, THREADS);
    await pass(SETTLE_MS);
    for (let round = 1; round <= rounds; round++) {
      say(`threads with useless volunteers, ${round} of ${rounds}`);
      alone.push(await samplesRate(run, lasts));
      const far = await clients({ kind: 'far', count: 1, delayMs: FAR_MS }, run);
      const tab = await chromium.open(run.url);
      await tab.click('#start');
      // They start on the cores of the threads, where those of real volunteers do not.
      await pass(START_MS);
      attended.push(await samplesRate(run, lasts));
      await tab.close();
      await far.end();
    }
    await run.end();
  } finally {
    await chromium.close();
  }
  return [
    {
      what: `784-128-10, two threads, with a worker ${FAR_MS} ms away and a tab`,
      unit: 'samples/s',
      runs: attended,
      beside: { what: 'the same threads without them', runs: alone },
      target: { of: 'ratio', bound: 'at least', value: FAR_SHARE },
    },
  ];
}

/** A thousand workers that say hello and then nothing. */
export async function idleSockets({ bench, rounds, windowMs, say }: SectionOptions): Promise<Row[]> {
  const lasts = Math.max(windowMs, WINDOW_MS_MIN);
  const [alone, attended, bytes, delays]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 1; round <= rounds; round++) {
    say(`threads with ${IDLE_SOCKETS} idle sockets, ${round} of ${rounds}`);
    const run = await bench.run(W1, THREADS);
    await pass(SETTLE_MS);
    alone.push(await samplesRate(run, lasts));
    const before = run.residentBytes();
    const idle = await clients({ kind: 'idle', count: IDLE_SOCKETS }, run);
    await pass(SETTLE_MS);
    attended.push(await samplesRate(run, IDLE_WINDOW_MS));
    bytes.push((run.residentBytes() - before) / IDLE_SOCKETS);
    delays.push(await loopDelayMs(run));
    await run.end();
    await idle.end();
  }
  return [
    {
      what: `784-128-10, two threads, with ${IDLE_SOCKETS} idle sockets`,
      unit: 'samples/s',
      runs: attended,
      beside: { what: 'the same threads without them', runs: alone },
      target: { of: 'ratio', bound: 'at least', value: IDLE_SHARE },
    },
    {
      what: 'memory that an idle socket takes',
      unit: 'bytes',
      runs: bytes,
      target: { of: 'value', bound: 'below', value: IDLE_BYTES },
    },
    {
      what: 'delay of the event loop meanwhile, 99th percentile',
      unit: 'ms',
      runs: delays,
      target: { of: 'value', bound: 'below', value: LOOP_DELAY_MS },
    },
  ];
}

const clients = (task: Omit<ClientsTask, 'url'>, run: BenchRun) =>
  startHelper('clients.js', { ...task, url: run.socketUrl });

async function samplesRate(run: BenchRun, windowMs: number): Promise<number> {
  return (await stepRate(run, windowMs)) * W1.batchSize;
}
