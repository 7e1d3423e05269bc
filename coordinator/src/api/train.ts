/** `train()`: the library's way to run a training, with typed events and a result. */

import { availableParallelism } from 'node:os';
import type { MemoryParts } from '../data/memory-parts.ts';
import type { LendSettings } from '../lending/settings.ts';
import type { Engine } from '../workers/local-pool.ts';
import { createChannel } from './channel.ts';
import type { ConfigInput } from './config-input.ts';
import { documentOf } from './configuration.ts';
import { checkOptions } from './options.ts';
import { runTrainJob } from './train-job.ts';
import type { TrainEvent, TrainResult } from './train-types.ts';

export interface TrainOptions {
  /** Threads that compute; they do not change the result. Default: all cores. With `listen` there may be none. */
  readonly threads?: number;
  /** SIMD kernels, or their plain twin: the same bits, far slower. Default `simd`. */
  readonly kernels?: Engine;
  /** Whether engines that can may use 256-bit registers: the same bits. Default true. */
  readonly wide?: boolean;
  /** A new or empty directory for the run's checkpoints, metrics and report. Default: nothing is written. */
  readonly out?: string;
  /** Replace the run that is in `out`. */
  readonly force?: boolean;
  /** Directory of a run to go on with; it has its configuration, so `config` may be undefined. */
  readonly resume?: string;
  /** The arrays of data of the kind `memory`; to resume a run, those that it began with. */
  readonly data?: MemoryParts;
  /** Aborting it ends the run after the step under way, with a checkpoint; `result` then says `stopped`. */
  readonly signal?: AbortSignal;
  /**
   * Takes workers from outside as well: browsers that open the page, and `hivegrad join` on other machines. The event
   * `listening` has their addresses. The result stays the same.
   */
  readonly listen?: LendSettings;
}

/**
 * A training under way. It goes on whether or not anybody iterates over its events. Each event is told once, so two
 * iterations share them, and one that begins later goes on where the last one left off. An iteration ends with the
 * training, or throws what `result` rejects with. Of events that nobody takes the newest 65,536 are kept.
 */
export interface Training extends AsyncIterable<TrainEvent> {
  /** Rejects with a UserError, whose `code` is stable, or a DivergenceError. */
  readonly result: Promise<TrainResult>;
}

/**
 * Trains a network. `config` is what a configuration file holds, or the path of one; paths in an object are relative
 * to the working directory. The weights depend on configuration, data and seed alone.
 *
 * @example
 * const run = train({ data: { kind: 'mnist' }, model: { layers: [{ type: 'dense', units: 10 }] } });
 * for await (const event of run) if (event.type === 'metrics') console.log(event.record);
 * const { weightsDigest } = await run.result;
 *
 * @example
 * const lent = train('mnist.json', { listen: { port: 8080 } });
 * for await (const event of lent) if (event.type === 'listening') console.log(`Open ${event.urls[0]}`);
 *
 * @example
 * const config = { data: { kind: 'memory', task: 'values' }, model: { layers: [{ type: 'dense', units: 1 }] } };
 * const lines = { features: [[0], [1], [2], [3]], targets: [1, 3, 5, 7] };
 * const { weights } = await train(config, { data: { train: lines, test: lines } }).result;
 */
export function train(config: ConfigInput | string | undefined, options: TrainOptions = {}): Training {
  // Of two reports of progress that nobody took the later one says it all.
  const channel = createChannel<TrainEvent>({
    replaces: (last, next) => last.type === 'progress' && next.type === 'progress',
  });
  const run = async () => {
    checkOptions('train', options);
    const { listen } = options;
    if (listen !== undefined) checkListen(listen);
    const { threads = availableParallelism(), kernels = 'simd', out, force, resume, signal } = options;
    const document = await documentOf(config);
    return runTrainJob(
      { document, resume },
      {
        threads,
        engine: kernels,
        wide: options.wide ?? true,
        ...(out !== undefined && { out: () => out }),
        force,
        memory: options.data,
        stop: signal,
        lend: listen && withoutUndefined(listen),
      },
      channel.push,
    );
  };
  const result = run();
  result.then(
    () => channel.close(),
    (error: unknown) => channel.close({ error }),
  );
  return { result, [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator]() };
}

function checkListen(listen: LendSettings): void {
  checkOptions('listen', listen);
  if (listen.tls !== undefined) checkOptions('listen.tls', listen.tls);
}

/** An option that is undefined counts as absent. */
function withoutUndefined(listen: LendSettings): LendSettings {
  const given = Object.entries(listen).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), port: listen.port };
}
