/**
 * Counts of passed and failed tests, over the several runs of vitest that a check is made of. `.cache/tally.txt` holds
 * the line "N passed, N failed" of all of them, `.cache/tally.json` what each has given last.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tool } from './setup.mjs';

const folder = join(root, '.cache');
const tallyFile = join(folder, 'tally.txt');
const runsFile = join(folder, 'tally.json');

/** Forgets all runs. */
export function clearTally() {
  rmSync(tallyFile, { force: true });
  rmSync(runsFile, { force: true });
}

/** "N passed, N failed" of all runs since {@link clearTally}. */
export function tally() {
  return readFileSync(tallyFile, 'utf8').trim();
}

/** Counts `run` as one failure, until there is more to tell: it may end before its tests begin. */
export function expectTests(run) {
  record(run, { passed: 0, failed: 1 });
}

/** Runs vitest with `args`, prints as it goes, and counts its tests as those of `run`. */
export function runTests(run, args) {
  const resultsFile = join(folder, `${run}.json`);
  rmSync(resultsFile, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`];
  const result = tool('vitest', ['run', ...reporters, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  record(run, countsOf(resultsFile, result.status));
  return result;
}

/** Counts a file that could not be loaded, and a run that failed for any other reason, as one failure each. */
function countsOf(resultsFile, status) {
  const results = readJson(resultsFile);
  // Without results vitest itself broke down, and its exit status says so.
  const passed = results?.numPassedTests ?? 0;
  const unloaded = results?.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = (results?.numFailedTests ?? 0) + (unloaded?.length ?? 0);
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

function record(run, counts) {
  const runs = { ...readJson(runsFile), [run]: counts };
  const sum = (key) => Object.values(runs).reduce((total, of) => total + of[key], 0);
  mkdirSync(folder, { recursive: true });
  writeFileSync(runsFile, `${JSON.stringify(runs)}\n`);
  writeFileSync(tallyFile, `${sum('passed')} passed, ${sum('failed')} failed\n`);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
