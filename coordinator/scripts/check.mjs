/**
 * `npm test`: everything that has to hold before a change goes in, cheapest first, in stages that stop at the
 * first failure and name it. What a stage prints is shown only when it fails; the tests print as they go.
 *
 * Arguments go to vitest: `npm test -- shared/src/model` runs all stages and then only those tests.
 * `.cache/tally.txt` holds the line "N passed, N failed" afterwards.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { prepare, root, runScript, SetupError, tool, turbo } from './setup.mjs';

const resultsFile = join(root, '.cache', 'vitest.json');
const tallyFile = join(root, '.cache', 'tally.txt');

const stages = [
  ['install and build', () => prepare()],
  ['format and lint (biome)', () => tool('biome', ['check', '--error-on-warnings', '.'])],
  ['lint with types (oxlint)', () => tool('oxlint', ['--type-aware', '--deny-warnings'])],
  ['types (tsc)', () => turbo('typecheck')],
  ['walls and tests (vitest)', () => test(process.argv.slice(2))],
];

await runScript(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(tallyFile, { force: true });
  const startedAt = performance.now();
  stages.forEach(([name, run], index) => {
    runStage(`${index + 1}/${stages.length} ${name}`, run);
  });
  const tally = readFileSync(tallyFile, 'utf8').trim();
  process.stdout.write(`All ${stages.length} stages passed in ${secondsSince(startedAt)}: ${tally}.\n`);
});

function runStage(title, run) {
  const startedAt = performance.now();
  process.stdout.write(`${title} ...\n`);
  let failure;
  try {
    const result = run();
    if (result === undefined || result.status === 0) {
      process.stdout.write(`${title}: passed in ${secondsSince(startedAt)}\n`);
      return;
    }
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    failure = `${title}: FAILED. Stages that follow did not run.`;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    failure = `${error.message}\n${title}: FAILED. Stages that follow did not run.`;
  }
  throw new SetupError(failure);
}

/** Runs vitest on what the arguments name, all tests if they name none, and leaves the tally. */
function test(args) {
  rmSync(resultsFile, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`];
  const result = tool('vitest', ['run', ...reporters, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(tallyFile, `${tallyOf(result.status)}\n`);
  return result;
}

/** Counts a file that could not be loaded, and a run that failed for any other reason, as one failure each. */
function tallyOf(status) {
  let passed = 0;
  let failed = 0;
  try {
    const results = JSON.parse(readFileSync(resultsFile, 'utf8'));
    passed = results.numPassedTests;
    failed = results.numFailedTests;
    failed += results.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
  } catch {
    // Without results vitest itself broke down, and its exit status says so.
  }
  if (status !== 0 && failed === 0) failed = 1;
  return `${passed} passed, ${failed} failed`;
}

function secondsSince(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
