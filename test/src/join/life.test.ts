/** How a joined machine comes, goes and comes back. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCutLine } from './cut-line.ts';
import { join, nodeIn, resultIn } from './joined.ts';
import { expectedResult, startScriptedRun } from './scripted-run.ts';

const root = { step: 0, level: 4, index: 0 };

describe('a joined machine', () => {
  it('whose line is cut comes back as the same worker with its rows', async () => {
    const run = await startScriptedRun({ token: 'right.token' });
    const line = await openCutLine(run.server.port);
    const joined = join(`127.0.0.1:${line.port}`, { threads: 2, token: 'right.token', name: 'lab 3' });
    const before = await run.greeted();
    expect(before.hello).toMatchObject({ name: 'lab 3' });
    expect(before.hello).not.toHaveProperty('identity');
    before.sendWeights(0);
    before.assign(root);
    expect(resultIn(await before.take())).toEqual(await expectedResult(root));

    line.cut();
    expect(await before.closed).toBe(1006);
    const after = await run.greeted();
    expect(after.hello).toMatchObject({ identity: before.identity, cacheId: before.hello.cacheId });
    after.sendWeights(0);
    after.assign(root, { withRows: false });
    expect(resultIn(await after.take())).toEqual(await expectedResult(root));
    const waiting = await joined.seen(({ phase }) => phase === 'waiting');
    expect(waiting.problem).toBe('The connection to the run was lost.');
  });

  it('that is drained finishes what it holds, says goodbye and is done', async () => {
    const run = await startScriptedRun();
    const joined = join(run.url);
    const worker = await run.greeted();
    worker.sendWeights(0);
    worker.assign(root);
    worker.connection.send({ type: 'drain' });
    expect(resultIn(await worker.take())).toEqual(await expectedResult(root));
    expect(await worker.take()).toEqual({ type: 'bye', reason: 'finished' });
    expect(await worker.closed).toBe(1000);
    expect((await joined.ended).phase).toBe('stopped');
  });

  it('ends with the run, and knows its digest', async () => {
    const run = await startScriptedRun();
    const joined = join(run.url);
    const worker = await run.greeted();
    const digest = 'ab'.repeat(32);
    worker.connection.send({ type: 'done', reason: 'finished', version: 16, digest });
    expect(await joined.ended).toMatchObject({ phase: 'done', ended: 'finished', digest });
  });

  it('that is told to finish sends every node that it holds, and then leaves', async () => {
    const run = await startScriptedRun();
    const finish = new AbortController();
    const joined = join(run.url, { threads: 2, finish: finish.signal });
    const worker = await run.greeted();
    worker.sendWeights(0);
    const nodes = [0, 1].map((index) => ({ step: 0, level: 3, index }));
    for (const node of nodes) worker.assign(node);
    await joined.seen(
      ({ computing, queued, contribution }) => computing + queued + contribution.computed === 2,
    );
    finish.abort();
    const messages = [await worker.take(), await worker.take(), await worker.take(), await worker.take()];
    expect(messages.filter(({ type }) => type === 'finish')).toHaveLength(1);
    const results = messages.filter((message) => message.type === 'result');
    expect(results.map(nodeIn).sort((a, b) => a.index - b.index)).toEqual(nodes);
    expect(messages.at(-1)).toEqual({ type: 'bye', reason: 'finished' });
    expect((await joined.ended).phase).toBe('stopped');
  });

  it('says why nobody answers, and is there as soon as somebody does', async () => {
    const first = await startScriptedRun();
    await first.close();
    const { port } = first.server;
    const joined = join(`127.0.0.1:${port}`);
    const waiting = await joined.seen(({ phase }) => phase === 'waiting');
    expect(waiting.problem).toBe(
      `Nobody listens at 127.0.0.1:${port}. Is the port right, and was the run started with --listen?`,
    );
    const second = await startScriptedRun({ port });
    expect((await second.greeted()).hello.agent).toBe('node');
  });

  it('leaves at once where what answers is no run', async () => {
    const server = createServer((_request, response) => response.end('<h1>hello</h1>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    await expect(join(`http://127.0.0.1:${port}/`).ended).rejects.toMatchObject({
      code: 'JOIN_NOT_A_RUN',
      message: `Something answers at 127.0.0.1:${port}, but it is no run that takes workers (HTTP 200). Is the port right?`,
    });
  });
});
