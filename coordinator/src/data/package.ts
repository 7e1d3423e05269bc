/** npm packages that hold data: found as Node finds any package; their files are read, their code never runs. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The directory of a package, or undefined. It is looked for from the working directory and then from this module,
 * or from the files and URLs of `searchFrom`, in order.
 */
export function findPackage(
  name: string,
  searchFrom: readonly string[] = [join(process.cwd(), 'package.json'), import.meta.url],
): string | undefined {
  for (const module of searchFrom) {
    // The folders are asked for and not the package, whose `exports` need not name its package.json.
    for (const folder of createRequire(module).resolve.paths(name) ?? []) {
      if (existsSync(join(folder, name, 'package.json'))) return dirname(join(folder, name, 'package.json'));
    }
  }
  return undefined;
}
