/**
 * `npm start`: sets the clone up, then hands over to the command line with the arguments given.
 *
 * One Ctrl-C reaches a process started by npm more than once: from the terminal, and again from npm, which
 * passes on what it receives. A second Ctrl-C means "stop at once, without a checkpoint", so the command line
 * runs in a process group of its own and receives only what this process passes on: one signal per press.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { prepare, root, runScript } from './setup.mjs';

/** Signals of one kind that follow each other faster than this are echoes of one press. */
const echoMs = 300;

await runScript(() => {
  prepare();
  handOver(join(root, 'coordinator', 'dist', 'cli', 'main.js'), process.argv.slice(2));
});

function handOver(script, args) {
  const isWindows = process.platform === 'win32';
  // Windows has no process groups of this kind: the console tells every process itself, and once.
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', detached: !isWindows });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    let passedOnAt = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      if (isWindows || performance.now() - passedOnAt < echoMs) return;
      passedOnAt = performance.now();
      child.kill(signal);
    });
  }
  if (!isWindows) {
    followTerminal(child);
    stopWithoutParent(child);
  }
  child.on('error', (error) => {
    process.stderr.write(`The command line could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

/** Window size and Ctrl-Z are told to the terminal's own group only, so they are passed on as well. */
function followTerminal(child) {
  process.on('SIGWINCH', () => child.kill('SIGWINCH'));
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  process.on('SIGCONT', () => child.kill('SIGCONT'));
}

/** npm run by a shell that is told to end dies without a word to this process: then nobody is left to train for. */
function stopWithoutParent(child) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 250);
  watch.unref();
}
