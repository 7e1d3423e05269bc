/** The configuration of a new run, or that of the run to resume, which nothing given now may contradict. */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { differences } from '../checkpoint/differences.ts';
import { readRunConfig } from '../checkpoint/run-directory.ts';
import { decisiveSettings } from '../config/digest.ts';
import type { ConfigDocument } from '../config/document.ts';
import { parseConfig, readConfig } from '../config/document.ts';
import type { ConfigFlags } from '../config/flags.ts';
import { applyFlags } from '../config/flags.ts';
import type { Resolution } from '../config/resolve.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ConfigInput } from './config-input.ts';

/** What the library was given: a configuration, the path of one, or nothing. @throws UserError of the CONFIG codes */
export async function documentOf(
  config: ConfigInput | string | undefined,
): Promise<ConfigDocument | undefined> {
  if (config === undefined) return undefined;
  return typeof config === 'string' ? readConfig(config) : parseConfig(config, 'config');
}

export interface ConfigSource {
  /** What describes the training; with `resume` it may be left out. */
  readonly document: ConfigDocument | undefined;
  /** Settings over the document. */
  readonly flags?: ConfigFlags;
  /** Directory of a run to go on with. */
  readonly resume?: string | undefined;
}

/** @throws UserError of the CONFIG codes, RUN_NOT_A_RUN */
export async function configurationOf({ document, flags = {}, resume }: ConfigSource): Promise<Resolution> {
  if (resume === undefined) {
    if (document === undefined) {
      throw new UserError(
        'CONFIG_INVALID',
        'There is nothing to train; give a configuration, or the directory of a run to resume.',
      );
    }
    return resolveConfig(applyFlags(document, flags));
  }
  const path = join(resume, 'config.json');
  const savedDocument = parseConfig((await readRunConfig(resume)) as object, path, resume);
  const saved = resolveConfig(savedDocument);
  const given = resolveConfig(applyFlags(document ?? savedDocument, flags));
  const different = differences(decisiveSettings(saved.config), decisiveSettings(given.config));
  if (different.length > 0) {
    throw new UserError(
      'CONFIG_DIFFERS',
      `The run in ${resume} has another configuration:\n  ${different.join('\n  ')}\nA run goes on only with what ` +
        'it began with: leave these out, or begin a new run.',
    );
  }
  return given;
}
