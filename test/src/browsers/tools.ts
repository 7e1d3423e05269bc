/** What installers do to a machine, so that tests can put a harmless one in its place. */

import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { type Machine, thisMachine } from './programs.ts';

/** How a command ended: what it printed, and whether it succeeded. */
export interface Ended {
  readonly ok: boolean;
  readonly output: string;
}

export interface Tools {
  readonly machine: Machine;
  /** Runs a command to its end. */
  run(command: string, args: readonly string[], options?: { readonly cwd?: string }): Ended;
  /** Tells the person at the terminal what takes a while. */
  say(sentence: string): void;
}

export const tools: Tools = {
  machine: thisMachine,
  run(command, args, options = {}) {
    const { error, status, stdout, stderr } = spawnSync(command, args, {
      ...options,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 26,
      shell: process.platform === 'win32' && command === 'npm',
    });
    return { ok: status === 0, output: error?.message ?? `${stdout}${stderr}` };
  },
  say: (sentence) => void process.stderr.write(`${sentence}\n`),
};

/** The line of what a command printed that tells best why it failed. */
export function reasonIn({ output }: Ended): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const told = lines.find((line) => /^(?:E:|npm error|Error:)/i.test(line)) ?? lines.at(-1) ?? 'no word why';
  return told.trim().replace(/, caused by$/, '');
}
