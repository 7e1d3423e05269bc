/**
 * The clock of a simulation: a heap of things that will happen. What is earlier comes first, and what was planned
 * first among those at the same time. What repeats whether or not anything goes on is in the background: where nothing
 * else is left, nothing will happen any more.
 */

interface Happening {
  readonly atMs: number;
  readonly seq: number;
  readonly isBackground: boolean;
  readonly run: () => void;
}

export class Timeline {
  nowMs = 0;
  private readonly heap: Happening[] = [];
  private seq = 0;
  private foreground = 0;

  after(delayMs: number, run: () => void, { isBackground = false } = {}): void {
    const { heap } = this;
    const added = { atMs: this.nowMs + delayMs, seq: this.seq++, isBackground, run };
    if (!isBackground) this.foreground++;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(added, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = added;
  }

  /** Lets the next thing happen; false if there is none but in the background. */
  next(): boolean {
    const { heap } = this;
    const first = heap[0];
    if (first === undefined || this.foreground === 0) return false;
    if (!first.isBackground) this.foreground--;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  private sink(last: Happening): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
