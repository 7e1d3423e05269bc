/** `hivegrad join` as a process: what it prints, and with which code it ends. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { certificate, key } from 'hivegrad/server/certificate.test.support';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { hivegrad, killAll, start } from '../support/cli.ts';
import { resultIn } from './joined.ts';
import { expectedResult, startScriptedRun } from './scripted-run.ts';

const root = { step: 0, level: 4, index: 0 };
const directory = mkdtempSync(pathOf(tmpdir(), 'hivegrad-join-'));
const tls = { certificate: pathOf(directory, 'a.pem'), key: pathOf(directory, 'a.key') };
writeFileSync(tls.certificate, certificate);
writeFileSync(tls.key, key);

afterEach(() => {
  delete process.env.NODE_EXTRA_CA_CERTS;
  killAll();
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('hivegrad join', () => {
  it('computes for a run until it is over, and tells what came of it', async () => {
    const run = await startScriptedRun({ token: 'a.token' });
    expect(run.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=a\.token$/);
    const process = start(['join', run.url, '--threads', '2', '--name', 'lab 3', '--cache', '2']);
    const worker = await run.greeted();
    expect(worker.hello).toMatchObject({ threads: 2, name: 'lab 3', rowBytesMax: 2e6 });
    worker.sendWeights(0);
    worker.assign(root);
    expect(resultIn(await worker.take())).toEqual(await expectedResult(root));
    const digest = 'cd'.repeat(32);
    worker.connection.send({ type: 'standing', nodes: 1, samples: 250 });
    worker.connection.send({ type: 'done', reason: 'finished', version: 1, digest });
    const { code, stdout, stderr } = await process.ended;
    expect(stderr.split('\n')).toEqual([
      'Testing whether this machine computes the right bits.',
      'Connecting to the run.',
      'joined scripted, a <b>test</b>',
      '',
    ]);
    expect(stdout.split('\n')).toEqual([
      'The run is finished. Thank you.',
      'scripted: 1 node with 250 samples accepted from here',
      `weights sha256:${digest}`,
      '',
    ]);
    expect(code).toBe(0);
  });

  it('finishes on Ctrl-C', async () => {
    const run = await startScriptedRun();
    const process = start(['join', run.url, '--threads', '1']);
    const worker = await run.greeted();
    worker.sendWeights(0);
    worker.assign(root);
    expect(resultIn(await worker.take())).toEqual(await expectedResult(root));
    process.kill('SIGINT');
    expect(await worker.take()).toEqual({ type: 'finish' });
    expect(await worker.take()).toEqual({ type: 'bye', reason: 'finished' });
    expect(await worker.closed).toBe(1000);
    const { code, stdout, stderr } = await process.ended;
    expect(stderr).toContain('Finishing what it has begun, then leaving. Once more ends at once.');
    expect(stdout).toContain('Stopped.');
    expect(code).toBe(0);
  });

  it('ends at once on a second Ctrl-C, whatever it has begun', async () => {
    const run = await startScriptedRun();
    const process = start(['join', run.url, '--threads', '1']);
    const worker = await run.greeted();
    // The weights of this node never come, so it is never done.
    worker.assign(root);
    process.kill('SIGINT');
    expect(await worker.take()).toEqual({ type: 'finish' });
    process.kill('SIGINT');
    expect(await process.ended).toMatchObject({ code: 130, stdout: '' });
  });

  it('says why nobody answers, and joins when somebody does', async () => {
    const before = await startScriptedRun();
    await before.close();
    const { port } = before.server;
    const process = start(['join', `127.0.0.1:${port}`, '--threads', '1']);
    await process.said(
      /^Nobody listens at 127\.0\.0\.1:\d+\. Is the port right, .*\? Trying again in 1 s\.$/m,
    );
    const run = await startScriptedRun({ port });
    const worker = await run.greeted();
    worker.connection.send({ type: 'done', reason: 'finished', version: 0 });
    expect((await process.ended).code).toBe(0);
  });

  it.each([
    ['a wrong token', { token: 'right' }, ['--token', 'wrong'], /The token is wrong or missing\. Ask/],
    ['no token', { token: 'right' }, [], /The token is wrong or missing\. Ask/],
    [
      'other kernels',
      { expected: { kernels: '00'.repeat(32), answer: '00'.repeat(32) } },
      [],
      /The worker has other kernels, whose bits may differ\. .* install the version that the run uses\./,
    ],
    [
      'another version of the protocol',
      { refusal: { code: 'OTHER_PROTOCOL' } },
      [],
      /The worker speaks another version of the protocol\. .* install the version that the run uses\./,
    ],
  ] as const)('with %s is refused in a sentence', async (_, options, flags, sentence) => {
    const run = await startScriptedRun(options);
    const address = `127.0.0.1:${run.server.port}`;
    const { code, stdout, stderr } = await hivegrad(['join', address, '--threads', '1', ...flags]);
    expect(stderr).toMatch(new RegExp(`^Error JOIN_REFUSED: ${sentence.source}`, 'm'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each([
    [
      'no-such-host.invalid:8080',
      /Error JOIN_UNKNOWN_HOST: The name in no-such-host\.invalid:8080 is not known/,
    ],
    [
      'ftp://127.0.0.1/',
      /Error JOIN_ADDRESS: "ftp:\/\/127\.0\.0\.1\/" is no address of a run: ftp:\/\/ is no way/,
    ],
  ])('to %s ends in a sentence', async (address, sentence) => {
    const { code, stdout, stderr } = await hivegrad(['join', address, '--threads', '1']);
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('does not trust a certificate that nobody vouches for', async () => {
    const run = await startScriptedRun({ tls });
    expect(run.url).toMatch(/^https:/);
    const { code, stderr } = await hivegrad(['join', run.url, '--threads', '1']);
    expect(stderr).toMatch(
      /^Error JOIN_CERTIFICATE: The certificate of \S+ is not trusted here\. .* NODE_EXTRA_CA_CERTS to its path\.$/m,
    );
    expect(code).toBe(2);
  });
});

it('hivegrad join is served over TLS with a certificate that it is told to trust', async () => {
  const run = await startScriptedRun({ tls });
  process.env.NODE_EXTRA_CA_CERTS = tls.certificate;
  const joined = start(['join', run.url, '--threads', '1']);
  const worker = await run.greeted();
  worker.connection.send({ type: 'done', reason: 'failed', version: 0 });
  expect(await joined.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('The run failed.') });
});
