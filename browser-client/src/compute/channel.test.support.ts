/** Both ends of a thread in this thread: messages are copied as they would be, and arrive later, in order. */

import type { Port, PortEvents, Scope } from '../worker-scope.ts';

export interface Channel<In, Out> {
  readonly port: Port<In, Out>;
  readonly scope: Scope<In, Out>;
  readonly isTerminated: () => boolean;
  /** What the thread throws and does not catch. */
  breakDown(sentence: string): void;
}

export function createChannel<In, Out>(): Channel<In, Out> {
  let events: PortEvents<Out> | undefined;
  let take: ((message: In) => void) | undefined;
  let isTerminated = false;
  const later = (call: () => void) =>
    queueMicrotask(() => {
      if (!isTerminated) call();
    });
  return {
    port: {
      post(message, transfer = []) {
        const copy = structuredClone(message, { transfer: [...transfer] });
        later(() => take!(copy));
      },
      listen(given) {
        events = given;
      },
      terminate() {
        isTerminated = true;
      },
    },
    scope: {
      post(message, transfer = []) {
        const copy = structuredClone(message, { transfer: [...transfer] });
        later(() => events!.message(copy));
      },
      listen(given) {
        take = given;
      },
    },
    isTerminated: () => isTerminated,
    breakDown: (sentence) => events!.broken(sentence),
  };
}
