/** What can go wrong with listening and joining: a sentence for whoever caused it, and nothing lost. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hivegrad, killAll } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace } from '../support/files.ts';
import { joining, lend, manyNodes } from './lent-runs.ts';

let place: Workplace;
let config: string;
beforeAll(() => {
  place = createWorkplace();
  config = place.config('many-nodes.json', manyNodes);
});
afterAll(() => {
  killAll();
  place.remove();
});

const train = (name: string, ...flags: readonly string[]) =>
  hivegrad(['train', config, '--out', place.path(name), ...flags]);

async function occupiedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

describe.concurrent('a run that cannot be lent out ends with 2 and says why', () => {
  it.each([
    ['no port', ['--listen', 'nowhere'], /"nowhere" is no address to listen at/],
    [
      'an address of another machine',
      ['--listen', '192.0.2.1:0'],
      /192\.0\.2\.1 is no address of this machine/,
    ],
    ['no certificate', ['--listen', '0', '--tls-cert', 'a', '--tls-key', 'b'], /a cannot be read/],
    ['half a certificate', ['--listen', '0', '--tls-cert', 'a'], /belong together/],
    ['no token', ['--listen', '0', '--token', 'a b'], /The token cannot be used/],
    ['no origin', ['--listen', '0', '--origin', 'example.org'], /"example\.org" is no origin/],
    ['no share', ['--listen', '0', '--share', 'never'], /Allowed choices are useful, always/],
    ['no probability', ['--listen', '0', '--audit', '1.5'], /1\.5 is not a number from 0 to 1/],
    ['no workers', ['--listen', '0', '--max-workers', '0'], /0 is not a whole number from 1/],
    ['nobody to compute', ['--threads', '0'], /add --listen PORT/],
    ['a token for nobody', ['--token', 'a'], /--token is of no use/],
  ] as const)('%s', async (name, flags, sentence) => {
    const { code, stderr } = await train(name.replaceAll(' ', '-'), ...flags);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(sentence) });
  });

  it('a port that is in use', async () => {
    const port = await occupiedPort();
    const { code, stderr } = await train('in-use', '--listen', `127.0.0.1:${port}`);
    expect(stderr).toContain(
      `Another program listens at port ${port} of 127.0.0.1. Stop it, or choose another port`,
    );
    expect(code).toBe(2);
  });

  it('a certificate that is none', async () => {
    const pem = place.write('no.pem', 'no certificate');
    const { code, stderr } = await train(
      'no-pem',
      '--listen',
      '127.0.0.1:0',
      '--tls-cert',
      pem,
      '--tls-key',
      pem,
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/are not a certificate and its key/),
    });
  });
});

it('A worker with the wrong token is told so, and the run goes on with one that has the right one', async () => {
  const run = await lend([config, '--out', place.path('token'), '--threads', '0', '--token', 'right']);
  const stranger = await joining(run.url, '--token', 'wrong').ended;
  expect({ code: stranger.code, stderr: stranger.stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/The token is wrong or missing\. Ask whoever runs the training for it\./),
  });
  expect(run.url).toMatch(/#token=right$/);
  joining(run.url);
  expect(await run.digest()).toMatch(/^[0-9a-f]{64}$/);
  // The address that is printed has it, since it is to be shared; no other line does.
  const others = (await run.ended).stderr.split('\n').filter((line) => line.includes('right'));
  expect(others).toHaveLength(1);
});
