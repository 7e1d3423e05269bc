/** The contract of `train()`: weights, events, signals and what it leaves alone. */

import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { ConfigInput, TrainEvent } from 'hivegrad';
import { DivergenceError, train } from 'hivegrad';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { contentOf, createWorkplace } from '../support/files.ts';
import { eventsOf, smallInput } from './runs.ts';

let place: Workplace;
let file: string;
let input: ConfigInput;
/** The run of the command line, and the digest that it printed. */
let theirs: string;
let digest: string;
beforeAll(async () => {
  place = createWorkplace();
  file = place.config('small.json');
  input = smallInput(place);
  theirs = place.path('theirs');
  digest = digestIn(await succeed(['train', file, '--out', theirs]));
}, 60_000);
afterAll(() => {
  killAll();
  place.remove();
});

const typesOf = (events: readonly TrainEvent[]) => events.map(({ type }) => type);

describe('train', () => {
  it.each([1, 3])('comes to the weights of the command line with %d threads', async (threads) => {
    const byPath = await train(file, { threads }).result;
    const byObject = await train(input, { threads, wide: false }).result;
    expect([byPath.weightsDigest, byObject.weightsDigest]).toEqual([digest, digest]);
    expect(byObject).toMatchObject({ outcome: 'finished', step: 60, stepsPerEpoch: 20, stoppedEarly: false });
    expect(byObject.directory).toBeUndefined();
  });

  it('writes the run that the command line writes', async () => {
    const out = place.path('ours');
    const { directory } = await train(file, { out, threads: 2 }).result;
    expect(directory).toBe(out);
    expect(contentOf(out)).toEqual(contentOf(theirs));
  });

  it('takes a configuration that may not be changed, and leaves its own as it was', async () => {
    const before = structuredClone(input);
    const { weightsDigest } = await train(frozen(input), { threads: 1 }).result;
    expect(weightsDigest).toBe(digest);
    expect(input).toEqual(before);
  });

  it('replaces a run only where it is told to', async () => {
    const out = place.path('replaced');
    const once = { ...input, epochs: 1 };
    await train(once, { out, threads: 1 }).result;
    await expect(train(input, { out, threads: 1 }).result).rejects.toMatchObject({ code: 'RUN_NOT_EMPTY' });
    const { weightsDigest } = await train(input, { out, threads: 1, force: true }).result;
    expect(weightsDigest).toBe(digest);
  });

  it('runs several trainings at once, each to what it comes to alone', async () => {
    const configs = [1, 2, 3, 4].map((seed) => ({ ...input, seed, batchSize: 8 * seed }));
    const options = [{ threads: 1 }, { threads: 2 }, { threads: 3, wide: false }, { threads: 2 }];
    const alone: string[] = [];
    for (const config of configs) alone.push((await train(config, { threads: 1 }).result).weightsDigest);
    const together = await Promise.all(configs.map((config, i) => train(config, options[i]).result));
    expect(together.map(({ weightsDigest }) => weightsDigest)).toEqual(alone);
    expect(new Set(alone).size).toBe(4);
  });

  it("leaves the process's signals and listeners alone", async () => {
    const counts = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'uncaughtException'].map(countOf);
    const countOf = (name: string) => process.listenerCount(name);
    const before = counts();
    const run = train(input, { out: place.path('quiet'), threads: 2 });
    for await (const { type } of run) if (type === 'metrics') expect(counts()).toEqual(before);
    await run.result;
    expect(counts()).toEqual(before);
  });
});

describe('the events of a training', () => {
  it('tell data, start, metrics, in order, and end with it', async () => {
    const out = place.path('told');
    const events = await eventsOf(train(input, { out, threads: 2 }));
    const [data, start, ...rest] = events;
    expect(data).toMatchObject({
      type: 'data',
      description: expect.stringContaining('480 training and 200 test'),
    });
    expect(start).toMatchObject({
      type: 'start',
      stepsPerEpoch: 20,
      samples: 480,
      threads: 2,
      directory: out,
    });
    expect(new Set(typesOf(rest))).toEqual(new Set(['progress', 'metrics', 'checkpoint'].filter(isIn(rest))));
    expect(rest.at(-1)).toEqual({ type: 'checkpoint', step: 60 });
    const records = rest.flatMap((event) => (event.type === 'metrics' ? [event.record] : []));
    const lines = readFileSync(place.path('told', 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    expect(records).toEqual(lines.map((line) => JSON.parse(line)));
    expect(records.filter(({ kind }) => kind === 'epoch').map(({ step }) => step)).toEqual([20, 40, 60]);
  });

  it('tell of no checkpoint where nothing is written', async () => {
    const events = await eventsOf(train(input, { threads: 1 }));
    expect(typesOf(events)).toContain('metrics');
    expect(typesOf(events)).not.toContain('checkpoint');
    expect(events[1]).toMatchObject({ type: 'start', directory: undefined });
  });

  it('begin with notices about the configuration', async () => {
    const model = { ...input.model, layers: [{ type: 'dense', units: 5, activation: 'relu' }] } as const;
    const events = await eventsOf(train({ ...input, model, epochs: 1 }, { threads: 1 }));
    expect(events[0]).toMatchObject({ type: 'notice', sentence: expect.stringContaining('takes logits') });
  });

  it('are told once: an iteration that was left is gone on with, and after the end there are none', async () => {
    const run = train(input, { threads: 1 });
    const first: TrainEvent[] = [];
    for await (const event of run) {
      first.push(event);
      if (event.type === 'start') break;
    }
    expect(typesOf(first)).toEqual(['data', 'start']);
    const rest = await eventsOf(run);
    expect(rest.some(({ type }) => type === 'data' || type === 'start')).toBe(false);
    expect(rest.filter(({ type }) => type === 'metrics')).toHaveLength(63);
    expect(await eventsOf(run)).toEqual([]);
  });

  it('are shared by two iterations, and both end', async () => {
    const run = train(input, { threads: 1 });
    const shares = await Promise.all([eventsOf(run), eventsOf(run)]);
    const types = shares.flatMap(typesOf).filter((type) => type !== 'progress');
    expect(types).toHaveLength(2 + 63);
  });

  it('wait for whoever comes when the training is over', async () => {
    const run = train(input, { threads: 1 });
    await run.result;
    expect(typesOf(await eventsOf(run)).filter((type) => type === 'metrics')).toHaveLength(63);
  });
});

describe('the signal of a training', () => {
  it('stops it after one step at most where it was aborted before', async () => {
    const out = place.path('never');
    const stopped = await train(input, { out, threads: 1, signal: AbortSignal.abort() }).result;
    expect(stopped.outcome).toBe('stopped');
    expect(stopped.step).toBeLessThanOrEqual(1);
    expect(stopped.evaluation).toBeUndefined();
    const resumed = await train(undefined, { resume: out, threads: 2 }).result;
    expect(resumed.weightsDigest).toBe(digest);
    expect(contentOf(out).checkpoint).toBe(contentOf(theirs).checkpoint);
  });

  it('stops it in the middle, from where it goes on to the same files', async () => {
    const long = { ...input, epochs: 60 };
    const whole = place.path('whole');
    const { weightsDigest } = await train(long, { out: whole, threads: 2 }).result;
    const out = place.path('middle');
    const stop = new AbortController();
    const run = train(long, { out, threads: 2, signal: stop.signal });
    for await (const event of run) if (event.type === 'metrics') stop.abort();
    const stopped = await run.result;
    expect(stopped.outcome).toBe('stopped');
    expect(stopped.step).toBeGreaterThan(0);
    expect(stopped.step).toBeLessThan(1200);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    const resumed = await train(undefined, { resume: out, threads: 1 }).result;
    expect(resumed).toMatchObject({ outcome: 'finished', step: 1200, weightsDigest });
    expect(contentOf(out)).toEqual(contentOf(whole));
  });

  it('does nothing once the training is over', async () => {
    const stop = new AbortController();
    const { result } = train(input, { threads: 1, signal: stop.signal });
    expect((await result).outcome).toBe('finished');
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    stop.abort();
    expect((await result).weightsDigest).toBe(digest);
  });
});

describe('a training that diverges', () => {
  it('tells what came before, then ends the iteration and the result with a DivergenceError', async () => {
    const optimizer = { type: 'sgd', learningRate: 1e30 } as const;
    const run = train({ ...input, optimizer, metricsEvery: 1 }, { threads: 2 });
    const events: TrainEvent[] = [];
    const iteration = (async () => {
      for await (const event of run) events.push(event);
    })();
    const errors = await Promise.all(
      [iteration, run.result].map((promise) => promise.catch((error) => error)),
    );
    expect(errors[0]).toBe(errors[1]);
    expect(errors[0]).toBeInstanceOf(DivergenceError);
    expect((errors[0] as DivergenceError).step).toBe(events.filter(({ type }) => type === 'metrics').length);
    await expect(eventsOf(run)).rejects.toBe(errors[0]);
  });
});

function isIn(events: readonly TrainEvent[]): (type: string) => boolean {
  return (type) => type !== 'progress' || events.some((event) => event.type === type);
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
