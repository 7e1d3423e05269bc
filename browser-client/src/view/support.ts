/** Whether a browser can take part at all. Pure over its global scope, so that a test can pass one that lacks something. */

/** A module with one function that uses a 128-bit vector. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253],
  ...[98, 11],
);

export interface BrowserScope {
  readonly Worker?: unknown;
  readonly WebSocket?: unknown;
  readonly WebAssembly?: {
    validate(bytes: Uint8Array<ArrayBuffer>): boolean;
    readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => unknown;
  };
}

/** A sentence for whoever has this browser, or undefined where it has what is needed. */
export function whyNotSupported(scope: BrowserScope): string | undefined {
  const lacks = lackingIn(scope);
  if (lacks === undefined) return undefined;
  return `This browser has no ${lacks}, so it cannot compute for the run. Update it, or try a current Firefox, Chrome, Edge or Safari.`;
}

function lackingIn({ Worker, WebSocket, WebAssembly }: BrowserScope): string | undefined {
  if (Worker === undefined) return 'Web Workers';
  if (WebSocket === undefined) return 'WebSocket';
  if (WebAssembly === undefined) return 'WebAssembly';
  try {
    if (!WebAssembly.validate(simdModule)) return 'WebAssembly SIMD';
  } catch {
    return 'WebAssembly that this page may use';
  }
  try {
    // It is never posted, so it needs no isolated page; the kernels import a memory of this kind.
    new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  } catch {
    return 'WebAssembly threads';
  }
  return undefined;
}
