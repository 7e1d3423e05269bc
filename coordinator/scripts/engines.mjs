/**
 * `npm run test:engines`: the same bits on other engines. Brings what is missing of Firefox, WebKitGTK, Node 24 and a
 * Node for arm64, and runs the tests that drive them. An engine that cannot be had is a failure with its sentence.
 * The tests count in `.cache/tally.txt` beside those of `npm test`.
 */
import process from 'node:process';
import { node, prepare, runScript, SetupError } from './setup.mjs';
import { expectTests, runTests } from './tally.mjs';

await runScript(() => {
  expectTests('engines');
  prepare();
  const provided = node('test/dist/engines/provide.js', { stdio: ['ignore', 'inherit', 'inherit'] });
  if (provided.status !== 0) throw new SetupError('Other engines: FAILED. Their tests did not run.');
  const tests = runTests('engines', ['--config', 'vitest.engines.config.ts', ...process.argv.slice(2)]);
  process.exitCode = tests.status ?? 1;
});
