/** The rules of style that no linter here has. Each function returns one sentence for every breach. */

import { isTest, lineAt, placesOf, type SourceFile } from './source.ts';

/** Longer files hold two ideas. */
export const fileLinesMax = 300;

/** The files that a default export is for: what Piscina starts in a thread calls the default export. */
export const threadEntries: readonly string[] = ['worker/src/thread.ts', 'test/src/faults/thread.ts'];

/** The tests of these very rules hold bad examples, so they alone are not searched for them. */
const examples = 'test/src/house/';

export function styleBreaches(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...shapeBreaches(file),
    ...(isTest(file.path) || file.path.startsWith('test/') ? [] : leftovers(file)),
    ...(isTest(file.path) && !file.path.startsWith(examples) ? testBreaches(file) : []),
  ]);
}

function shapeBreaches(file: SourceFile): string[] {
  const breaches: string[] = [];
  const lines = file.text.split('\n').length - 1;
  if (lines > fileLinesMax) breaches.push(`${file.path} has ${lines} lines, more than ${fileLinesMax}`);
  if (file.path.endsWith('/index.ts'))
    breaches.push(`${file.path} is a barrel: import from the file that defines`);
  const mayExportDefault = threadEntries.includes(file.path) || file.path.endsWith('.config.ts');
  if (!mayExportDefault) {
    const exported = placesOf(file, /\bexport\s+default\b|\bas\s+default\b/g);
    breaches.push(...exported.map(({ place }) => `${place} exports a default: name it`));
  }
  return breaches;
}

/** What a finished library does not hold. The command line may print. */
function leftovers(file: SourceFile): string[] {
  const markers = [...file.text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b/g)].map(
    (match) => `${file.path}:${lineAt(file.text, match.index)} has a ${match[0]}: do it or file it`,
  );
  if (file.path.startsWith('coordinator/src/cli/')) return markers;
  const prints = placesOf(file, /\bconsole\s*\./g);
  return [
    ...markers,
    ...prints.map(({ place }) => `${place} prints to the console: only the command line may`),
  ];
}

const selected =
  /\b(?:describe|it|test|suite)(?:\s*\.\s*\w+)*\s*\.\s*(?:only|skip|todo|fails|skipIf|runIf)\b|\b(?:xit|xdescribe|fit|fdescribe)\s*\(/g;
const waiting =
  /\b(?:setTimeout|setInterval|sleep|waitFor|waitUntil)\s*\(|\bexpect\s*\.\s*poll\b|\bretry\s*:/g;

function testBreaches(file: SourceFile): string[] {
  const partial = placesOf(file, selected).map(({ place, found }) => `${place} "${found}" leaves tests out`);
  const sleeps = placesOf(file, waiting).map(({ place, found }) => `${place} "${found}" waits for luck`);
  const timers = /['"](?:node:)?timers\/promises['"]/.test(file.text)
    ? [`${file.path} imports timers to sleep`]
    : [];
  return [...partial, ...sleeps, ...timers];
}
