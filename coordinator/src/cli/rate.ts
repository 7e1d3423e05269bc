/** How fast something goes of late: totals at moments become what comes in a second. */

/** Told of a total at a moment, answers with the rate; undefined while too little time was seen to tell. */
export type Rate = (nowMs: number, total: number) => number | undefined;

/** Time over which a rate is taken. */
const WINDOW_MS = 10_000;
const WINDOW_MS_MIN = 1000;
/** Totals that follow each other faster are not kept. */
const MARK_INTERVAL_MS = 200;

export function createRate(): Rate {
  let marks: { readonly atMs: number; readonly total: number }[] = [];
  return (nowMs, total) => {
    const last = marks.at(-1);
    if (last === undefined || nowMs - last.atMs >= MARK_INTERVAL_MS) marks.push({ atMs: nowMs, total });
    // The newest mark outside of the window stays, so that the window is full.
    const outside = marks.findLastIndex(({ atMs }) => nowMs - atMs >= WINDOW_MS);
    marks = marks.slice(Math.max(0, outside));
    const first = marks[0]!;
    const ms = nowMs - first.atMs;
    return ms < WINDOW_MS_MIN ? undefined : ((total - first.total) / ms) * 1000;
  };
}
