/**
 * A queue between whoever tells what happens and whoever iterates over it, in order. Each value is taken once, by
 * whichever iteration asks first. Values that nobody takes wait, and beyond a bound the oldest are forgotten, so that
 * a long training which nobody watches does not fill the memory.
 */

export interface Channel<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** No more values; iterations end, or throw `error`, behind those that are left. */
  close(error?: { readonly error: unknown }): void;
}

export interface ChannelOptions<T> {
  /** Tells that `next` makes `last` needless as long as nobody has taken it. */
  readonly replaces?: (last: T, next: T) => boolean;
  /** Values that wait at most. Default 65,536. */
  readonly waitingMax?: number;
}

export function createChannel<T>(options: ChannelOptions<T> = {}): Channel<T> {
  const { replaces = () => false, waitingMax = 65_536 } = options;
  const waiting: T[] = [];
  let closed: { readonly error?: unknown; readonly failed: boolean } | undefined;
  /** Iterations that found nothing; all look again, and those that come too late wait again. */
  let sleeping: (() => void)[] = [];
  const wakeAll = () => {
    const woken = sleeping;
    sleeping = [];
    for (const wake of woken) wake();
  };
  return {
    push(value) {
      if (closed !== undefined) return;
      const last = waiting.at(-1);
      if (last !== undefined && replaces(last, value)) waiting.pop();
      waiting.push(value);
      if (waiting.length > waitingMax) waiting.shift();
      wakeAll();
    },
    close(failure) {
      closed ??= failure === undefined ? { failed: false } : { error: failure.error, failed: true };
      wakeAll();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!;
        if (closed?.failed) throw closed.error;
        if (closed !== undefined) return;
        await new Promise<void>((resolve) => {
          sleeping.push(resolve);
        });
      }
    },
  };
}
