/** `hivegrad bench`: what this machine does, so that a person can judge a rate and compare two machines. */

import type { BenchRecord } from '../bench/bench.ts';
import { DIGEST_STEPS, runBench } from '../bench/bench.ts';
import { benchTable, differingDigests } from '../bench/table.ts';
import { workloads } from '../bench/workloads.ts';

export interface BenchFlags {
  readonly threads: number;
  readonly wide: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** Windows of a rate: many and long enough for a median that two runs agree on, or just enough for a look. */
const thorough = { windows: 7, windowMs: 700 };
const quick = { windows: 3, windowMs: 150 };

export async function bench(flags: BenchFlags): Promise<void> {
  const threads = [...new Set([1, flags.threads])];
  const records: BenchRecord[] = [];
  const status = statusLine(process.stderr);
  const options = {
    ...(flags.quick ? quick : thorough),
    workloads,
    threads,
    wide: flags.wide,
    onStart: status.show,
  };
  try {
    for await (const record of runBench(options)) {
      records.push(record);
      if (flags.json) process.stdout.write(`${JSON.stringify(record)}\n`);
    }
  } finally {
    status.clear();
  }
  const different = differingDigests(records);
  if (!flags.json) process.stdout.write(`${report(records, threads, different)}\n`);
  if (different.length > 0) {
    throw new Error(
      `After ${DIGEST_STEPS} steps the weights of ${different.join(' and ')} depend on the number of threads: hivegrad ` +
        'computes wrongly on this machine. Please report this with the output of hivegrad bench --json.',
    );
  }
}

function report(records: readonly BenchRecord[], threads: readonly number[], different: string[]): string {
  const lines = records.flatMap((record) =>
    'node' in record
      ? [`Node ${record.node}, ${record.cores} cores, ${record.cpu}, ${record.bits}-bit kernels`]
      : [],
  );
  lines.push('', benchTable(records, workloads));
  if (threads.length > 1 && different.length === 0) {
    lines.push('', `The weights are the same bits on ${threads.join(' and ')} threads.`);
  }
  return lines.join('\n');
}

/** One line that says what is measured: replaced on a terminal, one after the other elsewhere. */
function statusLine(stream: NodeJS.WriteStream): { show(what: string): void; clear(): void } {
  const isTerminal = stream.isTTY && process.env.TERM !== 'dumb';
  return {
    show: (what) => stream.write(isTerminal ? `\r\u001b[Kmeasuring ${what} ...` : `measuring ${what}\n`),
    clear: () => {
      if (isTerminal) stream.write('\r\u001b[K');
    },
  };
}
