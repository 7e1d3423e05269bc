/**
 * The command line as a process: starts the built `hivegrad`, watches what it says, sends signals and collects what
 * it leaves. Nothing waits for a time to pass: whoever wants a moment waits for the words that announce it. Every
 * process ends with its test, and none outlives `PATIENCE_MS`.
 */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves as soon as stderr matches, with what matched; rejects if the process ends without a match. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGKILL after so many milliseconds, unless the process has ended by then. */
  killAfter(ms: number): void;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  /** Working directory. */
  readonly cwd?: string;
  /** Kills the process at a call to the disk: see coordinator/src/cli/failpoints.ts. */
  readonly failpoint?: string;
}

/** The built program: the name leads to the sources where the test runner asks for them. */
const main = pathToFileURL(createRequire(import.meta.url).resolve('hivegrad/cli/main'));
const entry = fileURLToPath(new URL('../../dist/cli/main.js', main));
/** Far more than any command here takes; a process that hangs is shown with what it said. */
const PATIENCE_MS = 60_000;
const alive = new Set<ChildProcess>();

export function start(args: readonly string[], { cwd, failpoint }: StartOptions = {}): Running {
  // Flags of the test runner would change which files the child loads, and CI what it prints.
  const { NODE_OPTIONS: _, CI: __, HIVEGRAD_FAILPOINT: ___, ...inherited } = process.env;
  const env = { ...inherited, ...(failpoint !== undefined && { HIVEGRAD_FAILPOINT: failpoint }) };
  const child = spawn(process.execPath, [entry, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  alive.add(child);
  let stdout = '';
  let stderr = '';
  let over = false;
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const patience = setTimeout(() => {
    stderr += `\n[killed after ${PATIENCE_MS / 1000} s]\n`;
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      alive.delete(child);
      over = true;
      resolve({ code, signal, stdout, stderr });
      look();
    });
  });
  return {
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const match = pattern.exec(stderr);
          if (match !== null) resolve(match);
          else if (over) reject(new Error(`It ended without saying ${pattern}:\n${stderr}${stdout}`));
        };
        look();
      }),
    kill: (signal) => void child.kill(signal),
    killAfter(ms) {
      const timer = setTimeout(() => child.kill('SIGKILL'), ms);
      child.once('close', () => clearTimeout(timer));
    },
  };
}

/** Runs a command to its end. */
export function hivegrad(args: readonly string[], options?: StartOptions): Promise<Ended> {
  return start(args, options).ended;
}

/** Runs a command that must succeed, and answers what it printed on stdout. */
export async function succeed(args: readonly string[], options?: StartOptions): Promise<string> {
  const { code, signal, stdout, stderr } = await hivegrad(args, options);
  if (code !== 0) throw new Error(`hivegrad ${args.join(' ')} ended with ${code ?? signal}:\n${stderr}`);
  return stdout;
}

/** The `weights sha256` of a command's output. */
export function digestIn(stdout: string): string {
  const digest = /^weights sha256:([0-9a-f]{64})$/m.exec(stdout)?.[1];
  if (digest === undefined) throw new Error(`no digest in ${JSON.stringify(stdout)}`);
  return digest;
}

/** For afterEach: a test that failed half-way leaves no process behind. */
export function killAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}
