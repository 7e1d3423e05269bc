/**
 * The two ends of a Web Worker with typed messages: its own scope, and the handle of whoever started it. TypeScript's
 * types of a window exclude those of a worker's scope, so the little that is used of it is spelled out here.
 */

/** What a worker sees of whoever started it. */
export interface Scope<In, Out> {
  post(message: Out, transfer?: readonly Transferable[]): void;
  /** Takes messages from now on, in their order; those that came before have waited. */
  listen(take: (message: In) => void): void;
}

/** What whoever started a worker sees of it. */
export interface Port<In, Out> {
  post(message: In, transfer?: readonly Transferable[]): void;
  listen(events: PortEvents<Out>): void;
  /** At once, whatever it does. */
  terminate(): void;
}

export interface PortEvents<Out> {
  readonly message: (message: Out) => void;
  /** It could not be loaded, or threw what it did not catch. */
  readonly broken: (sentence: string) => void;
}

interface GlobalScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', take: (event: { readonly data: unknown }) => void): void;
}

/** The scope of the worker that this code runs in. */
export function workerScope<In, Out>(): Scope<In, Out> {
  const scope = globalThis as unknown as GlobalScope;
  return {
    post: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    listen: (take) => scope.addEventListener('message', ({ data }) => take(data as In)),
  };
}

export function portOf<In, Out>(worker: Worker): Port<In, Out> {
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen({ message, broken }) {
      worker.addEventListener('message', ({ data }) => message(data as Out));
      worker.addEventListener('messageerror', () => broken('A message between the threads was lost.'));
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        broken(event.message || 'A thread of this page could not be started.');
      });
    },
    terminate: () => worker.terminate(),
  };
}
