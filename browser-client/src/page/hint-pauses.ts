/** Pauses and resumes the worker as the browser's hints and the person's switches ask for, each reason once. */

import type { PauseReason } from '@hivegrad/shared/protocol/messages';
import type { Command } from '../connection/messages.ts';

export interface HintPauses {
  /** These reasons hold, and no others. */
  follow(reasons: readonly PauseReason[]): void;
  /** A new worker knows of none. */
  forget(): void;
}

export function createHintPauses(tell: (command: Command) => void): HintPauses {
  let told: readonly PauseReason[] = [];
  return {
    follow(reasons) {
      for (const reason of reasons) if (!told.includes(reason)) tell({ type: 'pause', reason });
      for (const reason of told) if (!reasons.includes(reason)) tell({ type: 'resume', reason });
      told = reasons;
    },
    forget() {
      told = [];
    },
  };
}
