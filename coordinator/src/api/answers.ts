/** What a network answers on all samples of a part, chunk by chunk or in one piece. */

import type { LocalPool, Part } from '../workers/local-pool.ts';

export interface AnswersRange {
  /** Version of the weights. */
  readonly step: number;
  readonly part: Part;
  /** Samples of the part. */
  readonly samples: number;
}

export interface Answers {
  /** First sample. */
  readonly begin: number;
  readonly samples: number;
  /** Rows of outputs; overwritten once the chunk after the next is asked for. */
  readonly rows: Float32Array;
}

/** In order; the threads work on the next chunk while the caller works on this one. */
export async function* answerChunks(
  pool: LocalPool,
  range: AnswersRange,
): AsyncGenerator<Answers, void, void> {
  const { step, part, samples } = range;
  const ask = (begin: number) =>
    pool.predict(step, { part, begin, end: Math.min(samples, begin + pool.predictionSamples) });
  let next = ask(0);
  for (let begin = 0; begin < samples; begin += pool.predictionSamples) {
    const rows = await next;
    const end = Math.min(samples, begin + pool.predictionSamples);
    if (end < samples) {
      next = ask(end);
      // Whoever stops iterating does not wait for it any more.
      next.catch(() => {});
    }
    yield { begin, samples: end - begin, rows };
  }
}

/** All answers, rows of outputs. */
export async function answersOf(pool: LocalPool, range: AnswersRange): Promise<Float32Array> {
  let all = new Float32Array(0);
  for await (const { begin, samples, rows } of answerChunks(pool, range)) {
    const width = rows.length / samples;
    if (begin === 0) all = new Float32Array(range.samples * width);
    all.set(rows, begin * width);
  }
  return all;
}
