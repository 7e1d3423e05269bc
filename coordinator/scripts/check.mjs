/**
 * `npm test`: everything that has to hold before a change goes in, cheapest first, in stages that stop at the
 * first failure and name it. What a stage prints is shown only when it fails; the tests print as they go.
 *
 * Arguments go to vitest: `npm test -- shared/src/model` runs all stages and then only those tests.
 * `.cache/tally.txt` holds the line "N passed, N failed" afterwards.
 */
import process from 'node:process';
import { node, prepare, runScript, SetupError, tool, turbo } from './setup.mjs';
import { clearTally, runTests, tally } from './tally.mjs';

const stages = [
  ['install and build', () => prepare()],
  ['format and lint (biome)', () => tool('biome', ['check', '--error-on-warnings', '.'])],
  ['lint with types (oxlint)', () => tool('oxlint', ['--type-aware', '--deny-warnings'])],
  ['types (tsc)', () => turbo('typecheck')],
  ['a browser for the tests (Chromium)', () => node('test/dist/browsers/main.js')],
  ['walls and tests (vitest)', () => runTests('tests', process.argv.slice(2))],
];

await runScript(() => {
  clearTally();
  const startedAt = performance.now();
  stages.forEach(([name, run], index) => {
    runStage(`${index + 1}/${stages.length} ${name}`, run);
  });
  process.stdout.write(`All ${stages.length} stages passed in ${secondsSince(startedAt)}: ${tally()}.\n`);
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

function secondsSince(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
