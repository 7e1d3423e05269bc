/**
 * The driver's side of a contest: starts every contestant in a process of its own and takes their windows in turn,
 * A B C A B C, so that a machine that slows down slows everybody. The protocol is that of serve.ts.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Window } from 'hivegrad/bench/measure';
import type { ContestantSpec } from './contestants.ts';
import type { Entry } from './results.ts';

export interface ContestOptions {
  readonly row: string;
  readonly taskFile: string;
  /** What a step counts, in the unit of the row. */
  readonly perStep: number;
  readonly rounds: number;
  readonly windowMs: number;
  readonly warmUpMs: number;
  readonly onProgress: (sentence: string) => void;
}

/** A contestant whose window takes longer than this has only so many of them. */
const SLOW_SECONDS = 4;
const SLOW_ROUNDS = 3;
/** A start, a warm-up or a window that takes longer is given up. */
const PATIENCE_MS = 120_000;

/** Measures all of `specs` on one task; whoever cannot take part is an entry with the reason. */
export async function contest(specs: readonly ContestantSpec[], options: ContestOptions): Promise<Entry[]> {
  const { row, rounds, windowMs, warmUpMs, onProgress } = options;
  const racers: Racer[] = [];
  for (const spec of specs) {
    onProgress(`${row}: starting ${spec.name}`);
    const racer = startRacer(spec, options.taskFile);
    racers.push(racer);
    // One after the other, so that nobody warms up while another one loads.
    await racer.attempt(async () => {
      racer.ready = await racer.answer<Ready>();
      await racer.ask({ do: 'warm up', ms: warmUpMs });
    });
  }
  for (let round = 0; round < rounds; round++) {
    onProgress(`${row}: round ${round + 1} of ${rounds}`);
    for (const racer of racers) {
      const isSlow = racer.windows.some(({ seconds }) => seconds > SLOW_SECONDS);
      if (isSlow && racer.windows.length >= SLOW_ROUNDS) continue;
      await racer.attempt(async () => {
        racer.windows.push(await racer.ask<Window>({ do: 'window', ms: windowMs }));
      });
    }
  }
  const entries: Entry[] = [];
  for (const racer of racers) {
    await racer.attempt(async () => {
      racer.lossAfter = (await racer.ask<{ loss?: number }>({ do: 'loss' })).loss;
    });
    racer.child.kill();
    entries.push(entryOf(racer, options));
  }
  return entries;
}

interface Ready {
  readonly ready: string;
  readonly loss?: number;
}

interface Racer {
  readonly spec: ContestantSpec;
  readonly child: ChildProcess;
  readonly windows: Window[];
  ready: Ready | undefined;
  lossAfter: number | undefined;
  failure: string | undefined;
  answer<T>(): Promise<T>;
  ask<T>(command: object): Promise<T>;
  /** Does `work` unless something failed before; a failure is kept and ends the process. */
  attempt(work: () => Promise<void>): Promise<void>;
}

function startRacer(spec: ContestantSpec, taskFile: string): Racer {
  const { command, script, args, env } = spec;
  const child = spawn(command, [script, taskFile, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-10_000);
  });
  // A contestant that has died is told by its exit; what was written to it then does not matter.
  child.stdin.on('error', () => {});
  const ended = new Promise<never>((_resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.on('close', (code) => reject(new Error(reasonOf(errors) ?? `it ended with exit code ${code}`)));
  });
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const racer: Racer = {
    spec,
    child,
    windows: [],
    ready: undefined,
    lossAfter: undefined,
    failure: undefined,
    async answer<T>() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer for ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
      });
      try {
        for (;;) {
          const next = lines.next().then(({ done, value }) => (done ? ended : value));
          const line = await Promise.race([next, ended, late]);
          // Libraries greet their users on standard output; what is JSON is ours.
          if (line.startsWith('{"') || line === '{}') return JSON.parse(line) as T;
        }
      } finally {
        clearTimeout(timer);
      }
    },
    ask<T>(request: object) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return racer.answer<T>();
    },
    async attempt(work) {
      if (racer.failure !== undefined) return;
      await work().catch((error: Error) => {
        racer.failure = error.message;
        child.kill();
      });
    },
  };
  return racer;
}

/** The line of a stack that says what happened. */
function reasonOf(errors: string): string | undefined {
  const lines = errors.split('\n').filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line));
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
}

function entryOf(racer: Racer, { row, perStep }: ContestOptions): Entry {
  const { spec, ready, windows, lossAfter, failure } = racer;
  const runs = windows.map(({ steps, seconds }) => (steps * perStep) / seconds);
  return {
    row,
    contestant: spec.name,
    group: spec.group,
    description: ready?.ready ?? '',
    runs,
    lossBefore: ready?.loss,
    lossAfter,
    failure,
  };
}
