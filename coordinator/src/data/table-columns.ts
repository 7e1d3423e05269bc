/** What each column of a table is for: features, targets, weight or nothing; every name is checked here. */

import { UserError } from '@hivegrad/shared/errors';
import { nearestFirst } from '../config/nearest.ts';
import type { TableOptions } from './spec.ts';
import type { TableFile } from './table.ts';

/** A file, or what stands in for one in a message: its path and the names of its columns. */
export type Columns = Pick<TableFile, 'path' | 'names'>;

/**
 * Checks every name of the options against the files and returns the feature columns in the order of the file.
 * Errors: CONFIG_INVALID (options that contradict each other), DATA_MISMATCH, DATA_EMPTY (no feature).
 */
export function assignColumns(
  train: Columns,
  test: Columns | undefined,
  options: Pick<TableOptions, 'target' | 'task' | 'ignore' | 'categories' | 'weight'>,
): string[] {
  const { target, ignore, categories, weight } = options;
  checkOptions(options);
  for (const name of [...target, ...categories, ...(weight === undefined ? [] : [weight])]) {
    requireColumn(train, name);
  }
  for (const name of ignore) {
    if (test?.names.includes(name) !== true) requireColumn(train, name);
  }
  const used = train.names.filter((name) => !ignore.includes(name) && name !== weight);
  if (test !== undefined)
    requireSameColumns(train, test, { used, unused: weight === undefined ? ignore : [...ignore, weight] });
  const features = used.filter((name) => !target.includes(name));
  if (features.length === 0) {
    const message = `${train.path} has no column left besides targets and ignored ones; leave at least one as a feature.`;
    throw new UserError('DATA_EMPTY', message);
  }
  return features;
}

/** DATA_MISMATCH with the nearest name when there is no such column. */
export function requireColumn({ path, names }: Columns, name: string): void {
  if (names.includes(name)) return;
  const [nearest = ''] = nearestFirst(name, names);
  const message =
    `${path} has no column ${JSON.stringify(name)}; correct the name, the nearest is ` +
    `${JSON.stringify(nearest)}.`;
  throw new UserError('DATA_MISMATCH', message);
}

function checkOptions(
  options: Pick<TableOptions, 'target' | 'task' | 'ignore' | 'categories' | 'weight'>,
): void {
  const { target, task, ignore, categories, weight } = options;
  if (target.length === 0 || (task === 'classes' && target.length > 1)) {
    const wanted = task === 'classes' ? 'exactly one column' : 'at least one column';
    fail(`"target" names ${target.length}; the task "${task}" needs ${wanted}.`);
  }
  const twice = target.find((name, index) => target.indexOf(name) !== index);
  if (twice !== undefined) fail(`"target" names ${JSON.stringify(twice)} twice; name each column once.`);
  const dropped = [...target, ...categories].find((name) => ignore.includes(name));
  if (dropped !== undefined) {
    fail(
      `The column ${JSON.stringify(dropped)} is used and also listed in "ignore"; remove it from one list.`,
    );
  }
  const named = categories.find((name) => target.includes(name));
  if (named !== undefined) {
    fail(
      `The column ${JSON.stringify(named)} is a target and also listed in "categories"; remove it there, and use ` +
        'the task "classes" where targets are names.',
    );
  }
  if (weight !== undefined && [...target, ...ignore, ...categories].includes(weight)) {
    fail(
      `The column ${JSON.stringify(weight)} is the weight and also listed as target, in "ignore" or in ` +
        '"categories"; remove it there.',
    );
  }
}

function fail(message: string): never {
  throw new UserError('CONFIG_INVALID', message);
}

/** The test table may order its columns in its own way, but must not lack or add any. */
function requireSameColumns(
  train: Columns,
  test: Columns,
  { used, unused }: { used: readonly string[]; unused: readonly string[] },
): void {
  for (const name of used) requireColumn(test, name);
  const extra = test.names.find((name) => !used.includes(name) && !unused.includes(name));
  if (extra === undefined) return;
  const message = `${test.path} has a column ${JSON.stringify(extra)} that ${train.path} lacks; remove it, or list it in "ignore".`;
  throw new UserError('DATA_MISMATCH', message);
}
