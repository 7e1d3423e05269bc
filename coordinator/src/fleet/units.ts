/** Claims and completeness of the units of a round, with their counts kept in step. */

import type { Round } from './state.ts';
import { endUnit, firstUnit, freeNodes } from './tree.ts';

/** `by` is 1 for somebody who begins to work on the node, -1 for somebody who no longer does. */
export function claim(round: Round, key: number, by: 1 | -1): void {
  const { done, claims } = round;
  const end = endUnit(round.tree, key);
  for (let unit = firstUnit(round.tree, key); unit < end; unit++) {
    const before = claims[unit]!;
    const now = before + by;
    if (now < 0) throw new Error(`unit ${unit} was not claimed`);
    claims[unit] = now;
    if (done[unit] === 0 && (before === 0 || now === 0)) round.freeUnits -= by;
  }
}

export function setDone(round: Round, key: number, value: 0 | 1): void {
  const { done, claims } = round;
  const end = endUnit(round.tree, key);
  for (let unit = firstUnit(round.tree, key); unit < end; unit++) {
    if (done[unit] === value) continue;
    done[unit] = value;
    const by = value === 1 ? 1 : -1;
    round.doneUnits += by;
    if (claims[unit] === 0) round.freeUnits -= by;
  }
}

/** How many units of the node are done. */
export function doneIn(round: Round, key: number): number {
  const end = endUnit(round.tree, key);
  let count = 0;
  for (let unit = firstUnit(round.tree, key); unit < end; unit++) count += round.done[unit]!;
  return count;
}

/** Whether anybody works on any of its units. */
export function isClaimed({ tree, claims }: Round, key: number): boolean {
  const end = endUnit(tree, key);
  for (let unit = firstUnit(tree, key); unit < end; unit++) if (claims[unit]! > 0) return true;
  return false;
}

/** What nobody works on, as nodes: for remote workers without the suspects, or the suspects alone. */
export function freeFor(round: Round, who: 'remote' | 'local' | 'judge'): number[] {
  const { tree, done, claims, suspect } = round;
  const isFree = (unit: number) =>
    done[unit] === 0 &&
    claims[unit] === 0 &&
    (who === 'local' || suspect[unit] === (who === 'judge' ? 1 : 0));
  return freeNodes(tree, isFree, round.heightMax);
}
