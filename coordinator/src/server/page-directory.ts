/** Where the built page lies: a package of its own, of which the coordinator only reads files. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';

/** @throws UserError LISTEN_PAGE where it was not built */
export function pageDirectory(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@hivegrad/browser-client/page/index.html'));
  } catch (error) {
    throw new UserError(
      'LISTEN_PAGE',
      'The page for browsers is not there. Build it with "npm run build", or install hivegrad again.',
      { cause: error },
    );
  }
}
