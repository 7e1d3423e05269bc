/** `hivegrad predict`: what a trained network answers on the rows of a file, as CSV or JSON lines. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Prediction } from '../api/predict-job.ts';
import { openPrediction } from '../api/predict-job.ts';
import { explainDiskErrors } from '../checkpoint/disk-error.ts';
import type { RowFormat } from '../data/rows.ts';
import type { OutputFormat } from '../predict/text.ts';
import { answerText } from '../predict/text.ts';
import type { PoolFlags } from './flags.ts';
import { poolSettings } from './flags.ts';
import { formatCount, formatDuration, formatRate } from './format.ts';

export interface PredictFlags extends PoolFlags {
  readonly out?: string;
  readonly to: OutputFormat;
  readonly from?: RowFormat;
  readonly delimiter?: string;
}

export async function predict(run: string, file: string, flags: PredictFlags): Promise<void> {
  const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const prediction = await openPrediction(run, file, {
    ...poolSettings(flags),
    format: flags.from,
    delimiter: flags.delimiter,
    onNotice: say,
  });
  try {
    say(prediction.description);
    const begunMs = performance.now();
    if (flags.out === undefined) await write(prediction, flags.to, process.stdout);
    else await writeFile(flags.out, prediction, flags.to);
    const ms = performance.now() - begunMs;
    const { samples, source } = prediction;
    const where = flags.out === undefined ? '' : `, into ${flags.out}`;
    say(
      `${formatCount(samples)} rows answered by ${source} in ${formatDuration(ms)}, ` +
        `${formatRate((samples / ms) * 1000, 'rows')}${where}`,
    );
  } finally {
    await prediction.close();
  }
}

async function writeFile(path: string, prediction: Prediction, format: OutputFormat): Promise<void> {
  await explainDiskErrors(path, async () => {
    const stream = createWriteStream(path);
    await once(stream, 'open');
    const failed = once(stream, 'error').then(([error]) => Promise.reject(error as Error));
    failed.catch(() => {});
    await Promise.race([write(prediction, format, stream), failed]);
    stream.end();
    await Promise.race([once(stream, 'close'), failed]);
  });
}

/** Writes chunk by chunk, no faster than whoever reads. */
async function write(
  { network, chunks }: Prediction,
  format: OutputFormat,
  stream: NodeJS.WritableStream,
): Promise<void> {
  const text = answerText(format, network.model.loss, network.encoding.target);
  stream.write(text.header);
  for await (const { rows, samples } of chunks) {
    // A copy, because the stream may still hold these bytes when the next lines are made.
    const lines = text.lines(rows, samples).slice();
    if (!stream.write(lines)) await once(stream, 'drain');
  }
}
