/** What becomes of a joined machine whose threads fail. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JoinFault } from './failing-thread.ts';
import { join, resultIn } from './joined.ts';
import { expectedResult, startScriptedRun } from './scripted-run.ts';

const threadEntry = new URL('../../dist/join/failing-thread.js', import.meta.url);
const root = { step: 0, level: 4, index: 0 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(pathOf(tmpdir(), 'hivegrad-join-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  delete process.env.HIVEGRAD_TEST_JOIN_FAULT;
});

/** Threads read it when they start. */
function setFault(fault: JoinFault): void {
  process.env.HIVEGRAD_TEST_JOIN_FAULT = JSON.stringify(fault);
}

describe('a joined machine', () => {
  it.each([
    ['exits', 'exit', 1],
    ['exits', 'exit', 2],
    ['throws', 'throw', 2],
  ] as const)(
    'one of whose threads %s over a node (%s, of %i) still computes it',
    async (_, kind, threads) => {
      setFault({ kind, mark: pathOf(directory, 'struck') });
      const run = await startScriptedRun();
      const joined = join(run.url, { threads, threadEntry });
      const worker = await run.greeted();
      worker.sendWeights(0);
      worker.assign(root);
      expect(resultIn(await worker.take())).toEqual(await expectedResult(root));
      expect(joined.notices).toEqual([
        expect.stringMatching(/^A thread was lost \(.*\); its work is done again\.$/),
      ]);
    },
  );

  it('that loses one thread after the other over a node gives up in a sentence', async () => {
    setFault({ kind: 'exit' });
    const run = await startScriptedRun();
    const joined = join(run.url, { threadEntry });
    const worker = await run.greeted();
    worker.sendWeights(0);
    worker.assign(root);
    expect(await worker.take()).toEqual({ type: 'bye', reason: 'failed' });
    const last = await joined.ended;
    expect(last.phase).toBe('failed');
    expect(last.sentence).toMatch(
      /^3 threads were lost one after the other over the same work \(.*\), so this/,
    );
  });

  it('of which a thread does not give the known answer is turned away', async () => {
    setFault({ kind: 'answer' });
    const run = await startScriptedRun();
    const last = await join(run.url, { threads: 2, threadEntry }).ended;
    expect(last.phase).toBe('refused');
    expect(last.sentence).toMatch(/^This engine does not compute the known answer bit for bit/);
  });

  it('of which a thread is found inexact only later sends nothing of it', async () => {
    setFault({ kind: 'inexact' });
    const run = await startScriptedRun();
    const joined = join(run.url, { threadEntry });
    const worker = await run.greeted();
    worker.sendWeights(0);
    worker.assign(root);
    expect(await worker.take()).toEqual({ type: 'bye', reason: 'failed' });
    expect((await joined.ended).sentence).toMatch(/^A thread does not give the known answer any more/);
  });

  it('without the memory for a run says so', async () => {
    setFault({ kind: 'noMemory' });
    const run = await startScriptedRun();
    const last = await join(run.url, { threads: 2, threadEntry }).ended;
    expect(last.phase).toBe('failed');
    expect(last.sentence).toMatch(/^This machine has too little memory for the run \(no room\)\./);
  });
});
