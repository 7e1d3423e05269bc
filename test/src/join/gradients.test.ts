/** What a joined machine computes, over real sockets and real threads: the bits of `gradient()`, however it is cut. */

import { describe, expect, it } from 'vitest';
import { join, nodeIn, resultIn } from './joined.ts';
import { expectedResult, firstStep, startScriptedRun } from './scripted-run.ts';

describe('a joined machine', () => {
  it.each([1, 2, 3])(
    'with %i threads computes nodes of every level to the bits of gradient()',
    async (threads) => {
      const run = await startScriptedRun();
      join(run.url, { threads });
      const worker = await run.greeted();
      expect(worker.hello).toMatchObject({ agent: 'node', threads, rowBytesMax: 1e6 });
      worker.sendWeights(0);
      // The root comes first and has all threads for itself.
      for (const node of [...firstStep].reverse()) {
        worker.assign(node);
        expect(resultIn(await worker.take())).toEqual(await expectedResult(node));
      }
      for (const node of firstStep) worker.assign(node, { withRows: false });
      for (let i = 0; i < firstStep.length; i++) {
        const result = resultIn(await worker.take());
        expect(result).toEqual(await expectedResult(nodeIn(result)));
      }
    },
  );

  it.each([
    [0, 1],
    [1, 2],
    [3, 2],
    [1, 3],
  ])(
    'whose three threads have node %i of level %i alone computes it to the same bits',
    async (index, level) => {
      const run = await startScriptedRun();
      join(run.url, { threads: 3, wide: false });
      const worker = await run.greeted();
      worker.sendWeights(0);
      const node = { step: 0, level, index };
      worker.assign(node);
      expect(resultIn(await worker.take())).toEqual(await expectedResult(node));
    },
  );

  it('follows the weights of a run, step by step, and computes with two versions of them at a time', async () => {
    const run = await startScriptedRun();
    join(run.url, { threads: 2 });
    const worker = await run.greeted();
    for (const step of [0, 1, 2, 3, 4]) {
      worker.sendWeights(step);
      const nodes = [
        { node: { step, level: 3, index: 0 }, version: step },
        { node: { step, level: 3, index: 1 }, version: Math.max(0, step - 1) },
      ];
      for (const { node, version } of nodes) worker.assign(node, { version });
      const results = [resultIn(await worker.take()), resultIn(await worker.take())];
      for (const { node, version } of nodes) {
        const result = results.find(({ index }) => index === node.index);
        expect(result).toEqual(await expectedResult(node, version));
      }
    }
  });

  it('says which rows it lacks where its cache has no room', async () => {
    const run = await startScriptedRun();
    join(run.url, { cacheBytes: 0 });
    const worker = await run.greeted();
    worker.sendWeights(0);
    const node = { step: 0, level: 0, index: 2 };
    worker.assign(node);
    expect(resultIn(await worker.take())).toEqual(await expectedResult(node));
    worker.assign(node, { withRows: false });
    expect(await worker.take()).toMatchObject({ type: 'missing', ...node, rows: 20 });
  });
});
