/**
 * Runs that are lent out, as processes: a coordinator that listens at a free port of this machine, and other processes
 * that join it. Whoever uses it ends with `killAll` of cli.ts.
 */

import type { Ended, Running } from '../support/cli.ts';
import { digestIn, start } from '../support/cli.ts';

export interface LentRun extends Running {
  /** Of the page, with the token where there is one. */
  readonly url: string;
  /** The digest of the weights, when the run has finished. */
  digest(): Promise<string>;
}

/** Settings under which a step has many nodes. Over no threads a run waits for workers, so it need not be long. */
export const manyNodes = { batchSize: 120, shardSize: 5, epochs: 30 } as const;

/** Settings under which a run takes some seconds whoever computes it, so that workers can come and go meanwhile. */
export const lasting = {
  model: {
    layers: [
      { type: 'dense', units: 256, activation: 'relu' },
      { type: 'dense', units: 256, activation: 'tanh' },
      { type: 'dense', units: 5 },
    ],
  },
  batchSize: 480,
  shardSize: 20,
  epochs: 400,
} as const;

/** Resolves when it listens. */
export async function lend(args: readonly string[]): Promise<LentRun> {
  const running = start(['train', ...args, '--listen', '127.0.0.1:0']);
  const [, url] = await running.said(/^Open (\S+) to lend a browser/m);
  return { ...running, url: url!, digest: async () => digestIn(finished(await running.ended).stdout) };
}

/** Another process lends a thread. */
export function joining(url: string, ...flags: readonly string[]): Running {
  return start(['join', url, '--threads', '1', ...flags]);
}

export function finished(ended: Ended): Ended {
  if (ended.code !== 0) throw new Error(`it ended with ${ended.code ?? ended.signal}:\n${ended.stderr}`);
  return ended;
}

/** How many nodes a process that joined says were accepted from it. */
export function acceptedIn({ stderr, stdout }: Ended): number {
  const text = /: ([\d,]+) nodes? with [\d,]+ samples? accepted from here/.exec(stderr + stdout)?.[1];
  if (text === undefined) throw new Error(`it does not say what was accepted:\n${stderr}${stdout}`);
  return Number(text.replaceAll(',', ''));
}
