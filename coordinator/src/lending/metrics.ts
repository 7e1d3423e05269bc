/** What dashboards read at /metrics, in the text format of Prometheus: counters of what happened, and gauges. */

import type { IntervalHistogram } from 'node:perf_hooks';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProtocolCode } from '@hivegrad/shared/protocol/errors';
import type { Status } from '@hivegrad/shared/protocol/messages';
import { Counter, Gauge, Registry } from 'prom-client';
import type { StretchCommand } from '../fleet/stretch.ts';

export interface Metrics {
  onCommand(command: StretchCommand): void;
  text(now: MetricsNow): Promise<string>;
  close(): void;
}

export interface MetricsNow {
  readonly status: Omit<Status, 'type'>;
  readonly refusals: ReadonlyMap<ProtocolCode, number>;
}

const NANOSECONDS = 1e9;
const DELAY_RESOLUTION_MS = 10;

export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const count = (name: string, help: string) => new Counter({ name, help, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const leases = count('hivegrad_leases_total', 'Nodes given to remote workers.');
  const remote = count(
    'hivegrad_remote_nodes_accepted_total',
    'Nodes of remote workers that entered a step.',
  );
  const local = count('hivegrad_local_nodes_accepted_total', 'Nodes of local threads that entered a round.');
  const rounds = count('hivegrad_rounds_total', 'Steps that were put together from nodes.');
  const audits = count('hivegrad_audits_total', 'Nodes computed again on a trusted thread.');
  const bans = count('hivegrad_bans_total', 'Workers banned for wrong bits.');
  const rejects = new Counter({
    name: 'hivegrad_rejected_results_total',
    help: 'Results that were not accepted.',
    labelNames: ['code'],
    registers,
  });
  const refusals = new Gauge({
    name: 'hivegrad_refusals',
    help: 'Connections ended or refused, by code.',
    labelNames: ['code'],
    registers,
  });
  const workers = new Gauge({
    name: 'hivegrad_workers',
    help: 'Who computes now: threads of this machine, browsers, other machines.',
    labelNames: ['kind'],
    registers,
  });
  const step = gauge('hivegrad_step', 'Steps taken.');
  const loss = gauge('hivegrad_loss', 'Mean loss of the last step.');
  const rate = gauge('hivegrad_samples_per_second', 'Samples that everybody together computes a second.');
  const delay = gauge('hivegrad_event_loop_p99_seconds', '99th percentile of the delay of the event loop.');
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();

  return {
    onCommand(command) {
      switch (command.type) {
        case 'assign':
          leases.inc();
          break;
        case 'accept':
          if (command.worker === undefined) local.inc();
          else remote.inc();
          break;
        case 'close':
          rounds.inc();
          break;
        case 'audit':
          audits.inc();
          break;
        case 'ban':
          if (command.proof !== undefined) bans.inc();
          break;
        case 'reject':
          rejects.inc({ code: command.code });
          break;
        default:
      }
    },

    text({ status, refusals: counted }) {
      workers.set({ kind: 'thread' }, status.localThreads);
      workers.set({ kind: 'browser' }, status.browsers);
      workers.set({ kind: 'machine' }, status.machines);
      step.set(status.step);
      if (status.loss !== undefined) loss.set(status.loss);
      rate.set(status.samplesPerSecond);
      delay.set(p99Seconds(delays));
      for (const [code, times] of counted) refusals.set({ code }, times);
      return registry.metrics();
    },

    close: () => delays.disable(),
  };
}

/** Above what the timer itself takes. */
function p99Seconds(delays: IntervalHistogram): number {
  return Math.max(0, delays.percentile(99) / NANOSECONDS - DELAY_RESOLUTION_MS / 1000);
}
