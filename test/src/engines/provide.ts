/**
 * The first half of `npm run test:engines`: installs what its tests drive and what is not there. What cannot be
 * installed is told in one sentence each, and the end is 1: an engine that was not tested is a failure.
 */

import process from 'node:process';
import { aptInstall, hasApt } from '../browsers/apt.ts';
import { findFirefox } from '../browsers/firefox.ts';
import { MisnamedProgram, MissingProgram } from '../browsers/programs.ts';
import { tools } from '../browsers/tools.ts';
import { findWebKit } from '../browsers/webkit.ts';
import { provideArm64Node, provideNode24 } from './nodes.ts';

/** Installs packages where `find` finds nothing. */
function provideProgram(find: () => unknown, packages: readonly string[]): void {
  try {
    find();
  } catch (error) {
    if (!(error instanceof MissingProgram) || error instanceof MisnamedProgram) throw error;
    if (!hasApt(tools.machine)) throw error;
    const failure = aptInstall(packages, tools);
    if (failure !== undefined) throw new MissingProgram(`${error.message} Installing failed: ${failure}.`);
    find();
  }
}

const engines: readonly (() => void)[] = [
  () => provideProgram(findFirefox, ['firefox-esr']),
  () => provideProgram(findWebKit, ['webkit2gtk-driver', 'xvfb', 'dbus']),
  () => provideNode24(tools),
  () => provideArm64Node(tools),
];

for (const provide of engines) {
  try {
    provide();
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
