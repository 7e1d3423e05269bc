/**
 * Asks the run what it is, over HTTP, while there is no connection: for whoever has not consented yet, and for whoever
 * has stopped. It needs the token where the run has one.
 */

import { type RunInfo, readRunInfo } from '../view/run-info.ts';

const PERIOD_MS = 5000;

export interface RunSourceOptions {
  readonly token: string | undefined;
  /** Whether somebody wants to know at present. */
  readonly isWanted: () => boolean;
  readonly onInfo: (info: RunInfo) => void;
  readonly onObstacle: (sentence: string) => void;
}

/** Asks at once, and again every few seconds. */
export function watchRun({ token, isWanted, onInfo, onObstacle }: RunSourceOptions): void {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const ask = async (): Promise<void> => {
    try {
      const response = await fetch('api/run', { headers, cache: 'no-store' });
      if (response.ok) onInfo(readRunInfo(await response.json()));
      else onObstacle(sentenceOf(response.status));
    } catch {
      onObstacle('The run cannot be reached. It may be over, or the network is down; trying again.');
    }
  };
  const askAgain = async (): Promise<void> => {
    if (isWanted() && !document.hidden) await ask();
    setTimeout(() => void askAgain(), PERIOD_MS);
  };
  void askAgain();
}

function sentenceOf(status: number): string {
  return status === 401
    ? 'This run asks for a token. Open the whole address that you were given, with everything behind the #.'
    : 'The run does not say what it is. Trying again.';
}
