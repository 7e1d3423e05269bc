/** Chance under a seed, and what a simulation says when it finds something. The same seed always gives the same. */

/** The code under test did what it must not, or left out what it must do. */
export class Violation extends Error {}

export interface Random {
  /** An integer from 0 up to `n`, without it. */
  below(n: number): number;
  chance(p: number): boolean;
}

export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b9);
  const word = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
  return { below: (n) => word() % n, chance: (p) => word() / 2 ** 32 < p };
}

export function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Violation(otherwise);
}
