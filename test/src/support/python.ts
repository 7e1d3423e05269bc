/**
 * Python programs as judges of the files we write. They are a help where they are there: whoever asks for a judge
 * gets none on a machine without Python or without the library, and has recorded numbers to compare with.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The second is the system's own where the first is another one that has fewer libraries. */
const interpreters = ['python3', '/usr/bin/python3'];
/** What our scripts exit with where the library that they need cannot be imported. */
const NO_LIBRARY = 3;

/**
 * Runs a script of the folder `formats` with the first interpreter that has what it needs, and answers what it
 * printed as JSON; undefined where there is no such interpreter. A script that fails otherwise is an error.
 */
export function askPython(script: string, args: readonly string[], input = ''): unknown {
  const path = fileURLToPath(new URL(`../../src/formats/${script}`, import.meta.url));
  for (const interpreter of interpreters) {
    const { status, stdout, stderr, error } = spawnSync(interpreter, [path, ...args], {
      input,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status === 0) return JSON.parse(stdout);
    const missing = error !== undefined && 'code' in error && error.code === 'ENOENT';
    // 127 is a launcher that has no interpreter behind it.
    if (!missing && status !== NO_LIBRARY && status !== 127) {
      throw new Error(`${interpreter} ${script} ended with ${status}:\n${stderr}`, { cause: error });
    }
  }
  return undefined;
}
