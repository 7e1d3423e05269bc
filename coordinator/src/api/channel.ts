/** A queue between whoever tells what happens and whoever iterates over it, in order and without a bound. */

export interface Channel<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** No more values; iterations end, or throw `error`, behind those that are left. */
  close(error?: { readonly error: unknown }): void;
}

/** `replaces(last, next)` tells that `next` makes `last` needless as long as nobody has taken it. */
export function createChannel<T>(replaces: (last: T, next: T) => boolean = () => false): Channel<T> {
  const waiting: T[] = [];
  let closed: { readonly error?: unknown; readonly failed: boolean } | undefined;
  let wake: () => void = () => {};
  return {
    push(value) {
      if (closed !== undefined) return;
      const last = waiting.at(-1);
      if (last !== undefined && replaces(last, value)) waiting.pop();
      waiting.push(value);
      wake();
    },
    close(failure) {
      closed ??= failure === undefined ? { failed: false } : { error: failure.error, failed: true };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!;
        if (closed?.failed) throw closed.error;
        if (closed !== undefined) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
