/** `hivegrad compare`: a comparison becomes a directory with cells, figures and a report. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import type { CompareEvent, CompareResult } from '../compare/compare.ts';
import { REPORT_HTML, runCompare } from '../compare/compare.ts';
import { readComparison } from '../compare/document.ts';
import { LOOK_MS } from '../compare/estimate.ts';
import { allSentences } from '../compare/report/sentences.ts';
import type { CompareProgress } from './compare-progress.ts';
import { createCompareProgress } from './compare-progress.ts';
import { runLine } from './compare-text.ts';
import { withFailpoint } from './failpoints.ts';
import { formatDuration } from './format.ts';
import { stopOnSignals } from './signals.ts';

export interface CompareFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly threads: number;
}

/** What is compared where nothing is named. */
const EXAMPLE = fileURLToPath(new URL('../../examples/compare-mnist.json', import.meta.url));

export async function compare(file: string | undefined, flags: CompareFlags): Promise<void> {
  const now = () => performance.now();
  const progress = createCompareProgress({ stream: process.stderr, env: process.env, now });
  const stop = stopOnSignals(process, (sentence) => progress.line(sentence));
  const fs = withFailpoint(nodeFileSystem, process.env.HIVEGRAD_FAILPOINT, () =>
    process.kill(process.pid, 'SIGKILL'),
  );
  try {
    const { comparison, notices } = await readComparison(file ?? EXAMPLE);
    for (const notice of notices) progress.line(notice);
    const out = flags.out ?? join('runs', comparison.name);
    const { threads, force = false } = flags;
    const settings = { out, force, threads, stop, fs, lookMs: LOOK_MS };
    const result = await runCompare(comparison, settings, narrator(progress));
    progress.stop();
    process.stdout.write(`${closingLines(result, { file, out, threads }).join('\n')}\n`);
  } finally {
    progress.stop();
  }
}

/** Tells a person on the terminal what happens. */
function narrator(progress: CompareProgress): (event: CompareEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'notice':
        progress.line(event.sentence);
        break;
      case 'looking':
        progress.line(
          event.cells === 1 ? 'looking how long it takes' : `looking how long ${event.cells} cells take`,
        );
        break;
      case 'begin': {
        const { cells, runs, done, seconds } = event;
        const before = done === 0 ? '' : `; ${done} have ended before`;
        const about = done === runs ? '' : `, about ${formatDuration(seconds * 1000)}`;
        progress.line(`${cells} cells, ${runs} runs${before}${about}`);
        progress.begin(event);
        break;
      }
      case 'progress':
        progress.update(event);
        break;
      case 'ended':
        progress.line(runLine(event.run, event.result));
        progress.ended(event);
        break;
    }
  };
}

/** On standard output: what the figures say, and where they are; or how to go on. */
function closingLines(
  { outcome, runs, done, results }: CompareResult,
  { file, out, threads }: { file: string | undefined; out: string; threads: number },
): string[] {
  const report = `report ${join(out, REPORT_HTML)}`;
  if (outcome === 'stopped') {
    const command = ['hivegrad compare', ...(file === undefined ? [] : [file]), '--out', out];
    return [
      `stopped after ${done} of ${runs} runs; go on with: ${command.join(' ')} --threads ${threads}`,
      report,
    ];
  }
  return [...allSentences(results), report];
}
