/**
 * Where a program is on this machine. In goes a description of the places, out comes a path that can be executed or
 * undefined. Looking changes nothing and starts nothing; a machine can be injected, so that tests need no other one.
 */

import { accessSync, constants, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import process from 'node:process';

/** What a search sees of a machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  isExecutable(path: string): boolean;
}

export const thisMachine: Machine = {
  platform: process.platform,
  env: process.env,
  isRoot: process.getuid?.() === 0,
  isExecutable(path) {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  },
};

export interface Program {
  /** What people call it. */
  readonly name: string;
  /** The environment variable that names the one to use, before all others. */
  readonly variable: string;
  /** Names that are looked for in the folders of PATH, the best first. */
  readonly commands: readonly string[];
  /** Full paths that are looked at where no command was found. A part such as %ProgramFiles% is of the environment. */
  readonly paths: readonly string[];
}

/** A program is not there and could not be brought. The message is one sentence with the remedy. */
export class MissingProgram extends Error {}

/** The environment names a program that is not there: nothing is brought in its place. */
export class MisnamedProgram extends MissingProgram {}

/** @throws MisnamedProgram */
export function findProgram(program: Program, machine: Machine): string | undefined {
  const { name, variable } = program;
  const chosen = machine.env[variable];
  if (chosen !== undefined && chosen !== '') {
    if (machine.isExecutable(chosen)) return chosen;
    throw new MisnamedProgram(
      `${variable} names "${chosen}", which is no executable file: let it name a ${name}, or unset it.`,
    );
  }
  return placesOf(program, machine).find((path) => machine.isExecutable(path));
}

function placesOf({ commands, paths }: Program, { platform, env }: Machine): string[] {
  const isWindows = platform === 'win32';
  const { delimiter, join } = isWindows ? win32 : posix;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = commands.flatMap((command) =>
    folders.map((folder) => join(folder, isWindows ? `${command}.exe` : command)),
  );
  // A place in a folder that this machine does not have keeps its %name% and is no file.
  return [...onPath, ...paths.map((path) => path.replace(/%([^%]+)%/g, (part, key) => env[key] ?? part))];
}
