/** Errors of the library: stable codes, sentences that name thing and remedy, and no rejection that nobody handles. */

import process from 'node:process';
import type { ConfigInput } from 'hivegrad';
import { evaluate, predict, train, UserError } from 'hivegrad';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { codeOf, eventsOf, smallInput } from './runs.ts';

let place: Workplace;
let input: ConfigInput;
let run: string;
beforeAll(async () => {
  place = createWorkplace();
  input = { ...smallInput(place), epochs: 1 };
  run = place.path('run');
  await train(input, { out: run, threads: 1 }).result;
}, 60_000);
afterAll(() => place.remove());

/** What only a caller without types can write. */
const untyped = train as unknown as (config: unknown, options?: unknown) => ReturnType<typeof train>;

describe('the result of train rejects with a UserError', () => {
  it.each<[string, string, () => [unknown, object?]]>([
    ['null', 'CONFIG_INVALID', () => [null]],
    ['a number', 'CONFIG_INVALID', () => [42]],
    ['nothing to train', 'CONFIG_INVALID', () => [undefined]],
    ['an empty object', 'CONFIG_INVALID', () => [{}]],
    ['a setting that does not exist', 'CONFIG_UNKNOWN_KEY', () => [{ ...input, epoch: 3 }]],
    ['a setting out of its range', 'CONFIG_INVALID', () => [{ ...input, epochs: 0 }]],
    ['a path that leads nowhere', 'CONFIG_UNREADABLE', () => [place.path('nowhere.json')]],
    [
      'data that are not there',
      'DATA_MISSING',
      () => [{ ...input, data: { kind: 'mnist', directory: run } }],
    ],
    ['a network that does not fit', 'DATA_MISMATCH', () => [{ ...input, model: narrow }]],
    ['a directory that is in use', 'RUN_NOT_EMPTY', () => [input, { out: run }]],
    ['a run that is none', 'RUN_NOT_A_RUN', () => [undefined, { resume: place.path('nowhere') }]],
    ['a new and an old run at once', 'CONFIG_INVALID', () => [input, { resume: run, out: place.path('b') }]],
    ['another configuration to resume', 'CONFIG_DIFFERS', () => [{ ...input, seed: 8 }, { resume: run }]],
    ['an option that does not exist', 'CONFIG_UNKNOWN_KEY', () => [input, { thread: 2 }]],
    ['no threads', 'CONFIG_INVALID', () => [input, { threads: 0 }]],
    ['half a thread', 'CONFIG_INVALID', () => [input, { threads: 1.5 }]],
    ['too many threads', 'CONFIG_INVALID', () => [input, { threads: 1000 }]],
    ['kernels that do not exist', 'CONFIG_INVALID', () => [input, { kernels: 'fast' }]],
    ['a signal that is none', 'CONFIG_INVALID', () => [input, { signal: true }]],
    ['threads below none', 'CONFIG_INVALID', () => [input, { threads: -1 }]],
    ['a port alone', 'CONFIG_INVALID', () => [input, { listen: 8080 }]],
    ['options that are none', 'CONFIG_INVALID', () => [input, 'threads' as never]],
  ])('for %s', async (_what, code, given) => {
    const [config, options] = given();
    expect(await codeOf(untyped(config, options ?? { threads: 1 }).result)).toBe(code);
  });

  const narrow = { layers: [{ type: 'dense', units: 4 }] };
});

describe('the sentences', () => {
  const sentenceOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no error',
      (error: Error) => error.message,
    );

  it('guess what was meant', async () => {
    expect(await sentenceOf(untyped({ ...input, epoch: 3 }).result)).toBe(
      'config: epoch is not a setting; did you mean epochs?',
    );
    expect(await sentenceOf(untyped(input, { thread: 2 }).result)).toBe(
      'train: thread is not an option; did you mean threads?',
    );
    expect(await sentenceOf(untyped(input, { gpu: true }).result)).toBe(
      'train: gpu is not an option; the options are threads, kernels, wide, out, force, resume, data, signal, listen.',
    );
    expect(await sentenceOf(untyped(input, { kernels: 'fast' }).result)).toBe(
      'train: kernels must be "simd" or "plain", but is "fast".',
    );
  });

  it.each<[object, string]>([
    [{}, 'listen: port is missing; it must be a whole number from 0 to 65535.'],
    [{ port: 65536 }, 'listen: port must be a whole number from 0 to 65535, but is 65536.'],
    [{ port: 0, prt: 1 }, 'listen: prt is not an option; did you mean port?'],
    [{ port: 0, host: 1 }, 'listen: host must be text, but is 1.'],
    [{ port: 0, origins: 'a' }, 'listen: origins must be a list of texts, but is "a".'],
    [{ port: 0, origins: [''] }, "listen: origins must be a list of texts, but is [ '' ]."],
    [{ port: 0, maxWorkers: 0 }, 'listen: maxWorkers must be a whole number from 1 to 100000, but is 0.'],
    [{ port: 0, share: 'never' }, 'listen: share must be "useful" or "always", but is "never".'],
    [{ port: 0, audit: 1.5 }, 'listen: audit must be a number from 0 to 1, but is 1.5.'],
    [{ port: 0, trustProxy: 'yes' }, 'listen: trustProxy must be true or false, but is "yes".'],
    [{ port: 0, tls: 'a.pem' }, 'listen: tls must be an object, but is "a.pem".'],
    [{ port: 0, tls: { certificate: 'a.pem' } }, 'listen.tls: key is missing; it must be text.'],
  ])('of listen %j', async (listen, sentence) => {
    expect(await sentenceOf(untyped(input, { listen }).result)).toBe(sentence);
  });

  it('of a training that nobody could compute', async () => {
    expect(await sentenceOf(untyped(input, { threads: 0 }).result)).toBe(
      'With 0 threads only workers from outside compute, so the run has to listen for them: add --listen PORT, or ' +
        'listen: { port } in a program.',
    );
  });

  it('of evaluate and predict as well', async () => {
    const wrong = { treads: 1 } as object;
    expect(await sentenceOf(evaluate(run, wrong))).toMatch(
      /^evaluate: treads is not an option; .* threads\?$/,
    );
    expect(await sentenceOf(predict(run, 'a.csv', wrong))).toMatch(/^predict: treads is not an option/);
    expect(await sentenceOf(evaluate(run, { on: 'all' as 'test' }))).toContain(
      'evaluate: on must be "train"',
    );
    expect(await codeOf(evaluate(place.path('nowhere')))).toBe('RUN_NOT_A_RUN');
    expect(await codeOf(predict(run, place.path('nowhere'), { format: 'idx' }))).toBe('DATA_MISSING');
    expect(await codeOf(evaluate(run, { on: 'validation', threads: 1 }))).toBe('CONFIG_INVALID');
  });
});

describe('a rejection', () => {
  it('reaches whoever watches, the iteration or the result, and is never left unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      await expect(eventsOf(untyped({}))).rejects.toBeInstanceOf(UserError);
      await expect(untyped({}).result).rejects.toBeInstanceOf(UserError);
      const watchedByNobody = untyped({});
      await new Promise((resolve) => setImmediate(resolve));
      await expect(watchedByNobody.result).rejects.toBeInstanceOf(UserError);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });
});
