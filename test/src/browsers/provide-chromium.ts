/**
 * Brings a Chromium where there is none: from Debian's packages where that is allowed, else Playwright's own build
 * into the cache of the user. In: a machine; out: the path of a Chromium, or one sentence that says what to do.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { aptInstall, hasApt } from './apt.ts';
import { seekChromium } from './chromium.ts';
import { MissingProgram } from './programs.ts';
import { reasonIn, type Tools } from './tools.ts';

/** @throws MissingProgram */
export function provideChromium(tools: Tools): string {
  const { machine } = tools;
  const present = seekChromium(machine);
  if (present !== undefined) return present;
  const ways = hasApt(machine) ? [debianChromium, playwrightChromium] : [playwrightChromium];
  const failures: string[] = [];
  for (const install of ways) {
    const failure = install(tools);
    const path = seekChromium(machine);
    if (path !== undefined) return path;
    failures.push(failure ?? 'what was installed is not where it is looked for');
  }
  throw new MissingProgram(
    `The tests drive a Chromium, found none and could not install one (${failures.join('; ')}): ` +
      'install Chromium or Chrome, or set CHROMIUM_PATH to one.',
  );
}

function debianChromium(tools: Tools): string | undefined {
  return aptInstall(['chromium'], tools);
}

/** Two of these at a time wait for each other by themselves. */
function playwrightChromium({ run, say }: Tools): string | undefined {
  say('Downloading a Chromium with playwright-core. This is done once and takes about a minute.');
  const folder = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const ended = run(process.execPath, [join(folder, 'cli.js'), 'install', '--no-shell', 'chromium']);
  return ended.ok ? undefined : `playwright-core says "${reasonIn(ended)}"`;
}
