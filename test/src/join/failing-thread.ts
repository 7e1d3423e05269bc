/**
 * A thread of a joined machine that fails on purpose: the entry that tests give to `joinRun`. What fails stands in the
 * environment variable HIVEGRAD_TEST_JOIN_FAULT.
 */

import { mkdirSync } from 'node:fs';
import type { ThreadJob } from '@hivegrad/worker/join/jobs';
import { work as honest } from '@hivegrad/worker/join/thread';

export interface JoinFault {
  readonly kind: 'exit' | 'throw' | 'answer' | 'inexact' | 'noMemory';
  /** A folder that does not exist; with it the fault strikes once in all threads together. */
  readonly mark?: string;
}

export function work(job: ThreadJob): unknown {
  const fault = JSON.parse(process.env.HIVEGRAD_TEST_JOIN_FAULT ?? '{}') as Partial<JoinFault>;
  if (job.kind === 'answer') {
    return fault.kind === 'answer' ? { kind: 'answer', answer: '00'.repeat(32) } : honest(job);
  }
  if (fault.kind === 'noMemory' && job.kind === 'open') return { kind: 'noMemory', message: 'no room' };
  if (job.kind === 'compute' && isStruck(fault)) {
    if (fault.kind === 'exit') process.exit(1);
    if (fault.kind === 'throw') throw new Error('on purpose');
    if (fault.kind === 'inexact') return { kind: 'inexact' };
  }
  return honest(job);
}

function isStruck({ mark }: Partial<JoinFault>): boolean {
  if (mark === undefined) return true;
  try {
    mkdirSync(mark);
    return true;
  } catch {
    return false;
  }
}
