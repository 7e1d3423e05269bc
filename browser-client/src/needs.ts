/**
 * What a browser must offer before a page may ask its visitor for computing time. Pure: the page passes its
 * global scope, a test passes an object.
 */

/** The parts of a page's global scope that are looked at. */
export interface Scope {
  readonly Worker?: unknown;
  readonly WebSocket?: unknown;
  readonly WebAssembly?: unknown;
}

const needs = ['Worker', 'WebSocket', 'WebAssembly'] as const;

/** The names of what `scope` lacks, in a fixed order; empty when the browser can take part. */
export function missingNeeds(scope: Scope): readonly string[] {
  return needs.filter((need) => scope[need] === undefined);
}
