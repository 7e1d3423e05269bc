/**
 * Helpers of a bench in processes of their own, which talk in lines of JSON: what a helper says first is that it is
 * ready, and then it answers each question with one line. It ends when its standard input does.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A helper that says nothing for so long has failed. */
const PATIENCE_MS = 60_000;

export interface Helper<Ready> {
  readonly ready: Ready;
  ask<T>(question: string): Promise<T>;
  end(): Promise<void>;
}

/** Starts the built script beside this one, with `task` as its argument. */
export async function startHelper<Ready>(
  script: 'bare-server.js' | 'clients.js',
  task: object,
): Promise<Helper<Ready>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, path, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const patience = setTimeout(() => child.kill(), PATIENCE_MS);
    const { value, done } = await lines.next();
    clearTimeout(patience);
    if (done === true) throw new Error(`${script} ended, or was silent for ${PATIENCE_MS / 1000} s.`);
    return JSON.parse(value);
  };
  return {
    ready: (await next()) as Ready,
    async ask<T>(question: string) {
      child.stdin.write(`${question}\n`);
      return (await next()) as T;
    },
    async end() {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}

/** The task that a helper was started with. */
export function taskOf<Task>(): Task {
  return JSON.parse(process.argv[2] ?? '') as Task;
}

/** The helper's side: says `ready`, and answers until there are no more questions, which ends the process. */
export async function serveLines(ready: object, answer: (question: string) => object): Promise<void> {
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  say(ready);
  for await (const question of createInterface({ input: process.stdin })) say(answer(question));
  process.exit(0);
}
