/** `train()` with `listen`: workers from outside compute, and whoever called it sees them, stops it, and gets errors. */

import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ConfigInput, LendSettings, TrainEvent, Training } from 'hivegrad';
import { train } from 'hivegrad';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ownPeer } from '../lending/own-peer.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { codeOf, smallInput } from './runs.ts';

let place: Workplace;
let input: ConfigInput;
beforeAll(() => {
  place = createWorkplace();
  input = { ...smallInput(place), epochs: 1 };
});
afterAll(() => place.remove());

const here = { host: '127.0.0.1', port: 0 } as const satisfies LendSettings;

/** The next event of one kind; events before it are gone. */
async function next<T extends TrainEvent['type']>(run: Training, type: T): Promise<TrainEvent & { type: T }> {
  for await (const event of run) if (event.type === type) return event as TrainEvent & { type: T };
  throw new Error(`the training ended without the event ${type}`);
}

describe('a training that listens', () => {
  it('and has no threads takes the steps of a worker, to the weights of two threads', async () => {
    const { weightsDigest } = await train(input, { threads: 2 }).result;
    const absent: object = { origins: undefined };
    const run = train(input, { threads: 0, listen: { ...here, token: 'secret', ...absent } });
    const { urls } = await next(run, 'listening');
    expect(urls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#token=secret$/)]);
    const fleet = next(run, 'fleet');
    // The run is not over before it has told of its only worker.
    const peer = ownPeer(urls[0]!, { change: (result) => fleet.then(() => result) });
    peer.start();
    expect(await fleet).toEqual({ type: 'fleet', browsers: 0, machines: 1 });
    expect(await run.result).toMatchObject({ outcome: 'finished', step: 20, weightsDigest });
    expect((await peer.seen(({ phase }) => phase === 'done')).contribution.accepted).toBeGreaterThan(0);
  });

  it('says that it waits for workers, and stops at once when it is told to', async () => {
    const stop = new AbortController();
    const run = train(input, { threads: 0, listen: here, signal: stop.signal });
    expect(await next(run, 'notice')).toEqual({
      type: 'notice',
      sentence: 'Step 1 waits: nobody is here to compute it.',
    });
    stop.abort();
    expect(await run.result).toMatchObject({ outcome: 'stopped', step: 0 });
  });

  it('tells those who are here and do not compute from nobody', async () => {
    const stop = new AbortController();
    const run = train(input, { threads: 0, listen: here, signal: stop.signal });
    const { urls } = await next(run, 'listening');
    expect(await next(run, 'notice')).toMatchObject({ sentence: expect.stringContaining('nobody is here') });
    const peer = ownPeer(urls[0]!, {
      change(result) {
        peer.pause('user');
        return result;
      },
    });
    peer.start();
    expect(await next(run, 'notice')).toMatchObject({
      sentence: expect.stringMatching(/^Step \d+ waits: nobody who is here computes now\.$/),
    });
    stop.abort();
    expect(await run.result).toMatchObject({ outcome: 'stopped' });
  });

  it('gives its port back when it is over', async () => {
    const run = train(input, { threads: 1, listen: here });
    const { port } = new URL((await next(run, 'listening')).urls[0]!);
    await run.result;
    const again = train(input, { threads: 1, listen: { ...here, port: Number(port) } });
    expect(new URL((await next(again, 'listening')).urls[0]!).port).toBe(port);
    await again.result;
  });
});

describe('a training that cannot listen', () => {
  const failing = (listen: LendSettings) => {
    const out = place.path('never');
    return codeOf(train(input, { threads: 1, listen, out }).result).then((code) => {
      expect(existsSync(out)).toBe(false);
      return code;
    });
  };

  it('rejects with LISTEN_PORT_IN_USE, and has written nothing', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    expect(await failing({ ...here, port })).toBe('LISTEN_PORT_IN_USE');
  });

  it.each<[string, Partial<LendSettings>]>([
    ['LISTEN_ADDRESS', { host: '192.0.2.1' }],
    ['LISTEN_CERTIFICATE', { tls: { certificate: 'nowhere.pem', key: 'nowhere.pem' } }],
    ['LISTEN_OPTION', { origins: ['example.org'] }],
    ['LISTEN_OPTION', { token: 'a b' }],
  ])('rejects with %s for %j, and has written nothing', async (code, wrong) => {
    expect(await failing({ ...here, ...wrong })).toBe(code);
  });
});
