/**
 * Handles and who reads them: a sum is released once nobody needs it, not even a check. A check is a comparison of
 * two answers for the same node, or an audit.
 */

import type { Check, Context, Sum } from './state.ts';
import { LOCAL } from './state.ts';
import { nodeOf } from './tree.ts';

export function takeSum({ round }: Context, key: number, of: { worker: number; handle: number }): Sum {
  round.handles++;
  return { key, ...of, checks: 0, dropped: false };
}

/** The handle is released as soon as no check reads it. */
export function drop(context: Context, sum: Sum): void {
  if (sum.dropped) return;
  sum.dropped = true;
  if (sum.checks === 0) release(context, sum);
}

export function release({ round, commands }: Context, { handle }: Sum): 'released' {
  round.handles--;
  commands.push({ type: 'release', handle });
  return 'released';
}

/** Has two answers for a node compared, each made up of one sum or of several from left to right. */
export function compare(
  context: Context,
  key: number,
  { left, right }: { left: readonly Sum[]; right: readonly Sum[] },
): void {
  const { round, commands } = context;
  const check = beginCheck(context, { kind: 'compare', key, worker: LOCAL, sums: [...left, ...right] });
  const node = nodeOf(round.tree, key);
  const parts = (sums: readonly Sum[]) =>
    sums.map((sum) => ({ node: nodeOf(round.tree, sum.key), handle: sum.handle }));
  commands.push({
    type: 'compare',
    check,
    step: round.step,
    node,
    left: parts(left),
    right: parts(right),
  });
}

export function beginCheck({ fleet, round }: Context, check: Omit<Check, 'id'>): number {
  const id = fleet.nextCheck++;
  for (const sum of check.sums) sum.checks++;
  round.checks.set(id, { id, ...check });
  return id;
}

/** The check reads its sums no longer. */
export function endRead(context: Context, { sums }: Check): void {
  for (const sum of sums) {
    sum.checks--;
    if (sum.checks === 0 && sum.dropped) release(context, sum);
  }
}
