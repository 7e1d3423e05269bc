/** The threads of a joined machine as the port `Compute`, without a run around them. */

import type { Outcome } from '@hivegrad/shared/peer/ports';
import { createThreadsCompute, type ThreadsComputeOptions } from '@hivegrad/worker/join/compute';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectedResult, scriptedComputeRun, taskOf, weightsOf } from './scripted-run.ts';

const root = { step: 0, level: 4, index: 0 };

function threads(options: Partial<ThreadsComputeOptions> = {}) {
  const compute = createThreadsCompute({ wide: true, ...options });
  onTestFinished(() => compute.end());
  return compute;
}

const bytesOf = (version: number) => new Uint8Array(weightsOf(version).buffer);

/** The outcome as `expectedResult` has it. */
async function expectRoot(outcome: Outcome, version: number): Promise<void> {
  const { lossBits, correct, body: gradient } = await expectedResult(root, version);
  expect(outcome).toEqual({ kind: 'result', lossBits, correct, gradient, computeUs: expect.any(Number) });
}

describe('the threads of a joined machine', () => {
  it('can be more and fewer while nodes are under way', async () => {
    const compute = threads();
    expect(compute.setThreads(1)).toBe(2);
    await compute.prepare();
    const session = await compute.open(scriptedComputeRun);
    session.setWeights(0, bytesOf(0), undefined);
    const outcomes = [session.compute(taskOf(root))];
    expect(compute.setThreads(3)).toBe(4);
    outcomes.push(session.compute(taskOf(root)));
    expect(compute.setThreads(2)).toBe(3);
    outcomes.push(session.compute(taskOf(root)));
    for (const outcome of outcomes) await expectRoot(await outcome, 0);
  });

  it('compute for the newest session, and leave out what an older one had not begun', async () => {
    const compute = threads();
    compute.setThreads(2);
    await compute.prepare();
    const older = await compute.open(scriptedComputeRun);
    older.setWeights(0, bytesOf(0), undefined);
    const begun = older.compute(taskOf(root));
    older.close();
    const newer = await compute.open(scriptedComputeRun);
    newer.setWeights(0, bytesOf(5), undefined);
    await expectRoot(await newer.compute(taskOf(root)), 5);
    expect(await begun).toEqual({ kind: 'aborted' });
  });

  it('write new weights in the place of those that they replace', async () => {
    const compute = threads();
    await compute.prepare();
    const session = await compute.open(scriptedComputeRun);
    session.setWeights(0, bytesOf(0), undefined);
    session.setWeights(1, bytesOf(1), undefined);
    await expectRoot(await session.compute(taskOf(root, 1)), 1);
    await expectRoot(await session.compute(taskOf(root, 0)), 0);
    session.setWeights(2, bytesOf(2), 0);
    await expectRoot(await session.compute(taskOf(root, 2)), 2);
    await expectRoot(await session.compute(taskOf(root, 1)), 1);
    await expect(session.compute(taskOf(root, 0))).rejects.toThrow('version 0 of the weights is not here');
  });

  it('say that a gradient is not finite, whichever piece it comes from', async () => {
    const compute = threads();
    compute.setThreads(3);
    await compute.prepare();
    const session = await compute.open(scriptedComputeRun);
    session.setWeights(0, bytesOf(0), undefined);
    const { rows, ...rest } = taskOf(root);
    const weights = new Float32Array(rows.weights.buffer.slice(0)).with(240, Number.POSITIVE_INFINITY);
    const outcome = await session.compute({
      ...rest,
      rows: { ...rows, weights: new Uint8Array(weights.buffer) },
    });
    expect(outcome).toEqual({ kind: 'notFinite', computeUs: expect.any(Number) });
  });

  it('refuse a run whose weights alone have no room', async () => {
    const compute = threads({ memoryBytes: 1e9 });
    compute.setThreads(2);
    await compute.prepare();
    await expect(compute.open({ ...scriptedComputeRun, parameters: 2 ** 27 })).rejects.toThrow(
      /^2 threads need more than 3,222 MB of memory for this run, and this machine has 1,000 MB\. Lend fewer/,
    );
  });
});
