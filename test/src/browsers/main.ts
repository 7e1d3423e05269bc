/**
 * A stage of `npm test`: finds a Chromium, or installs one, and sees it start. Otherwise it prints one sentence and
 * ends with 1.
 */

import process from 'node:process';
import { launchChromium } from './chromium.ts';
import { MissingProgram } from './programs.ts';
import { provideChromium } from './provide-chromium.ts';
import { tools } from './tools.ts';

try {
  await startOnce(provideChromium(tools));
} catch (error) {
  if (!(error instanceof MissingProgram)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** One that is there may still lack a library or be the empty shell of a package. */
async function startOnce(path: string): Promise<void> {
  try {
    const browser = await launchChromium();
    process.stdout.write(`The tests use Chromium ${browser.version()}, ${path}.\n`);
    await browser.close();
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n');
    throw new MissingProgram(
      `The Chromium at ${path} does not start ("${reason}"): repair it, or set CHROMIUM_PATH to another.`,
    );
  }
}
