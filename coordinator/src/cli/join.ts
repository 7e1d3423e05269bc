/** `hivegrad join`: lends the cores of this machine to a run of another process, until the run or the person ends it. */

import { UserError } from '@hivegrad/shared/errors';
import type { PeerView } from '@hivegrad/shared/peer/view';
import { joinRun } from '@hivegrad/worker/join/join';
import { createJoinProgress } from './join-progress.ts';
import { closingLines } from './join-text.ts';
import { stopOnSignals } from './signals.ts';

export interface JoinFlags {
  readonly threads: number;
  readonly name?: string;
  readonly token?: string;
  /** Megabytes. */
  readonly cache: number;
  readonly wide: boolean;
}

export async function join(url: string, { threads, name, token, cache, wide }: JoinFlags): Promise<void> {
  const progress = createJoinProgress({
    stream: process.stderr,
    env: process.env,
    now: () => performance.now(),
  });
  const finish = stopOnSignals(process, () =>
    progress.line('Finishing what it has begun, then leaving. Once more ends at once.'),
  );
  try {
    const last = await joinRun({
      url,
      threads,
      name,
      token,
      cacheBytes: cache * 1e6,
      wide,
      finish,
      onView: (view) => progress.view(view),
      onNotice: (sentence) => progress.line(sentence),
    });
    progress.stop();
    refuseBadEnd(last);
    process.stdout.write(`${closingLines(last).join('\n')}\n`);
  } finally {
    progress.stop();
  }
}

function refuseBadEnd({ phase, sentence }: PeerView): void {
  if (phase === 'refused') throw new UserError('JOIN_REFUSED', sentence);
  if (phase === 'failed') throw new UserError('JOIN_FAILED', sentence);
}
