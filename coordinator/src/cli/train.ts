/** `hivegrad train`: a configuration, with flags over it, becomes a run in a directory. */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { summarise } from '@hivegrad/shared/model/summary';
import { runTrainJob } from '../api/train-job.ts';
import type { TrainEvent, TrainResult } from '../api/train-types.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import { readConfig } from '../config/document.ts';
import type { ConfigFlags } from '../config/flags.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { evaluationText } from '../metrics/evaluation-text.ts';
import type { EpochEnd } from '../training/progress.ts';
import type { StepSums } from '../training/sums.ts';
import { accuracy, meanLoss } from '../training/sums.ts';
import { withFailpoint } from './failpoints.ts';
import type { PoolFlags } from './flags.ts';
import { poolSettings } from './flags.ts';
import { formatNumber, formatPercent, modelSummary } from './format.ts';
import type { LendFlags } from './lend-flags.ts';
import { lendSettings } from './lend-flags.ts';
import type { Progress } from './progress.ts';
import { createProgress } from './progress.ts';
import { stopOnSignals } from './signals.ts';

export interface TrainFlags extends ConfigFlags, PoolFlags, LendFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly resume?: string;
}

export async function train(file: string | undefined, flags: TrainFlags): Promise<void> {
  const progress = createProgress({ stream: process.stderr, env: process.env, now: () => performance.now() });
  const stop = stopOnSignals(process, (sentence) => progress.line(sentence));
  const fs = withFailpoint(nodeFileSystem, process.env.HIVEGRAD_FAILPOINT, () =>
    process.kill(process.pid, 'SIGKILL'),
  );
  const { out, force, resume } = flags;
  if (file === undefined && resume === undefined) {
    const sentence = 'Say what to train: hivegrad train CONFIG, or --resume DIRECTORY.';
    throw new UserError('CONFIG_INVALID', sentence);
  }
  const document = file === undefined ? undefined : await readConfig(file);
  const directoryOf = (config: ResolvedConfig) => out ?? defaultDirectory(config);
  try {
    const result = await runTrainJob(
      { document, flags, resume },
      {
        ...poolSettings(flags),
        lend: lendSettings(flags),
        out: resume === undefined || out !== undefined ? directoryOf : undefined,
        force,
        stop,
        fs,
      },
      narrator(progress),
    );
    progress.stop();
    process.stdout.write(`${closingLines(result, resume).join('\n')}\n`);
  } finally {
    progress.stop();
  }
}

function defaultDirectory({ name }: ResolvedConfig): string {
  const time = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return join('runs', `${name}-${time}`);
}

/** Tells a person on the terminal what happens. */
function narrator(progress: Progress): (event: TrainEvent) => void {
  let begun: (TrainEvent & { type: 'start' }) | undefined;
  const begin = (epoch: number, samplesDone: number) => {
    const { config, samples } = begun!;
    if (epoch <= config.epochs) progress.epoch({ epoch, epochs: config.epochs, samples, samplesDone });
  };
  const show = (sums: StepSums) => {
    if (sums.samples === 0) return;
    const share = lossKinds[begun!.model.loss].countsCorrect ? accuracy(sums) : null;
    progress.update({ samples: sums.samples, loss: meanLoss(sums), accuracy: share });
  };
  return (event) => {
    switch (event.type) {
      case 'notice':
        progress.line(event.sentence);
        break;
      case 'data':
        progress.line(event.description);
        break;
      case 'listening': {
        const [first, ...others] = event.urls;
        progress.line(`Open ${first} to lend a browser, or on another machine: hivegrad join ${first}`);
        if (others.length > 0) progress.line(`The same run is at ${others.join(' and ')}`);
        break;
      }
      case 'fleet':
        progress.line(fleetSentence(event));
        break;
      case 'start': {
        begun = event;
        const { config, stepsPerEpoch, threads } = event;
        progress.line(modelSummary(summarise(event.model)));
        progress.line(
          `${config.name}: ${config.epochs} epochs of ${stepsPerEpoch} steps, batches of ${config.batchSize} in shards ` +
            `of ${config.shardSize}, ${threadsText(threads)}, into ${event.directory}`,
        );
        begin(event.epoch, event.samplesDone);
        break;
      }
      case 'progress':
        show(event.sums);
        break;
      case 'metrics': {
        if (event.line.kind !== 'epoch') break;
        const { epoch, train } = event.line;
        show(train);
        const parts = endOfEpoch(event.line, lossKinds[begun!.model.loss].countsCorrect);
        progress.line(`epoch ${epoch}/${begun!.config.epochs}: ${parts.join(', ')}`);
        begin(epoch + 1, 0);
        break;
      }
      case 'best':
      case 'checkpoint':
        break;
    }
  };
}

function threadsText(threads: number): string {
  if (threads === 0) return 'no threads of its own';
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

function fleetSentence({ browsers, machines }: TrainEvent & { type: 'fleet' }): string {
  const others = [
    ...(browsers === 0 ? [] : [browsers === 1 ? '1 browser' : `${browsers} browsers`]),
    ...(machines === 0 ? [] : [machines === 1 ? '1 other machine' : `${machines} other machines`]),
  ];
  return others.length === 0 ? 'no workers from outside any more' : `${others.join(' and ')} connected`;
}

function endOfEpoch({ validation, test }: Pick<EpochEnd, 'validation' | 'test'>, counts: boolean): string[] {
  return [
    ...(validation === undefined ? [] : evaluated('validation', validation, counts)),
    ...evaluated('test', test, counts),
  ];
}

function evaluated(part: string, sums: StepSums, countsCorrect: boolean): string[] {
  const loss = `${part} loss ${formatNumber(meanLoss(sums))}`;
  return countsCorrect ? [loss, `${part} accuracy ${formatPercent(accuracy(sums))}`] : [loss];
}

/** The last lines, on standard output: what the weights are worth, and their digest. */
function closingLines(result: TrainResult, resumed: string | undefined): string[] {
  const { outcome, step, stepsPerEpoch, best, test, evaluation, model } = result;
  const lines: string[] = [];
  if (evaluation !== undefined) lines.push('', evaluationText(evaluation), '');
  if (outcome === 'stopped') {
    const go = `hivegrad train --resume ${resumed ?? result.directory}`;
    lines.push(`stopped after step ${step}; go on with: ${go}`);
  }
  if (best !== undefined && outcome === 'finished') {
    const when = result.stoppedEarly ? `stopped early after epoch ${Math.floor(step / stepsPerEpoch)}; ` : '';
    lines.push(`${when}the weights are those of epoch ${best.epoch}, the best of the validation part`);
  }
  if (result.directory !== undefined && outcome === 'finished') {
    lines.push(`report ${join(result.directory, 'report.html')}`);
  }
  if (test !== undefined) {
    const when = outcome === 'stopped' ? 'when its last epoch ended: ' : '';
    const parts = evaluated('test', test, lossKinds[model.loss].countsCorrect).reverse();
    lines.push(when + parts.join(', '));
  }
  lines.push(`weights sha256:${result.weightsDigest}`);
  return lines;
}
