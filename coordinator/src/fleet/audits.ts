/**
 * Audits compute a node again on a trusted thread. A step does not close while a check is pending, so what an audit
 * catches never enters the weights. Where two answers differ somebody lied, and an audit of each tells who. A liar is
 * banned, and what it did in this step is done again.
 */

import { beginCheck, endRead } from './handles.ts';
import { endLeases } from './leases.ts';
import type { Check, Context, Sum, Worker } from './state.ts';
import { LOCAL } from './state.ts';
import { revoke } from './sums.ts';
import { nodeOf } from './tree.ts';
import { claim } from './units.ts';

export function audit(context: Context, sum: Sum): void {
  const { key, worker, handle } = sum;
  const check = beginCheck(context, { kind: 'audit', key, worker, sums: [sum] });
  const { round, commands } = context;
  commands.push({ type: 'audit', check, step: round.step, node: nodeOf(round.tree, key), handle });
}

/**
 * Somebody says that a sum is not finite. If that is true the run is over, so a trusted thread looks: once for a node,
 * however many say so and how often.
 */
export function auditNotFinite(context: Context, key: number, worker: number): void {
  for (const { kind, key: known } of context.round.checks.values()) {
    if (kind === 'notFinite' && known === key) return;
  }
  const check = beginCheck(context, { kind: 'notFinite', key, worker, sums: [] });
  claim(context.round, key, 1);
  const { round, commands } = context;
  commands.push({ type: 'audit', check, step: round.step, node: nodeOf(round.tree, key), handle: undefined });
}

/** The newcomer's first results always, and of those after them as many as the rate says. */
export function drawAudit(context: Context, worker: Worker, { sum, draw }: { sum: Sum; draw: number }): void {
  const { newcomerAudits, auditRate } = context.fleet.options;
  if (worker.trust !== 'volunteer') return;
  if (worker.audits >= newcomerAudits && draw >= auditRate) return;
  worker.audits++;
  audit(context, sum);
}

/** Answers whether the run has diverged. */
export function endCheck(context: Context, id: number, equal: boolean): boolean {
  const check = context.round.checks.get(id);
  if (check === undefined) return false;
  context.round.checks.delete(id);
  if (check.kind === 'notFinite') claim(context.round, check.key, -1);
  if (check.kind === 'notFinite' && equal) return true;
  if (check.kind === 'compare' && !equal) findLiar(context, check);
  endRead(context, check);
  if ((check.kind === 'audit' && !equal) || check.kind === 'notFinite') ban(context, check);
  return false;
}

/** The answers of the local threads are what an audit would compare with. */
function findLiar(context: Context, { sums }: Check): void {
  for (const sum of sums) {
    if (sum.worker !== LOCAL && !context.fleet.banned.has(sum.worker)) audit(context, sum);
  }
}

function ban(context: Context, { worker: id, key }: Check): void {
  const { fleet, round, commands } = context;
  if (fleet.banned.has(id)) return;
  const worker = fleet.workers.get(id)!;
  fleet.banned.add(id);
  endLeases(context, worker, { lost: false });
  worker.presence = 'banned';
  worker.owed = undefined;
  commands.push({
    type: 'ban',
    worker: id,
    proof: { step: round.step, node: nodeOf(round.tree, key) },
  });
  revoke(context, id);
}
