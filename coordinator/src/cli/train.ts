/** `hivegrad train`: a configuration, with flags over it, becomes a run in a directory. */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { summarise } from '@hivegrad/shared/model/summary';
import { Command } from 'commander';
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
import { addPoolFlags, collect, poolSettings } from './flags.ts';
import { formatNumber, formatPercent, modelSummary } from './format.ts';
import type { LendFlags } from './lend-flags.ts';
import { addLendFlags, lendSettings } from './lend-flags.ts';
import type { Progress } from './progress.ts';
import { createProgress } from './progress.ts';
import { stopOnSignals } from './signals.ts';

interface TrainFlags extends ConfigFlags, PoolFlags, LendFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly resume?: string;
}

export function trainCommand(): Command {
  const command = new Command('train')
    .summary('train a network on all cores')
    .description(
      'Trains the network of a configuration file. The weights depend on the file, the data and the seed alone, ' +
        'never on the number of threads.',
    )
    .argument('[config]', 'configuration: JSON, or a module with a default export')
    .option('--out <directory>', 'where the run is written (default: runs/<name>-<time>)')
    .option('--force', 'replace the run that is in --out')
    .option('--resume <directory>', 'go on with a run that was interrupted')
    .option('--seed <n>', 'seed of weights and order')
    .option('--epochs <n>', 'passes over the training set')
    .option('--batch-size <n>', 'samples of a step')
    .option('--shard-size <n>', 'samples of a shard; part of the result')
    .option('--learning-rate <x>', 'learning rate of the optimizer')
    .option('--name <name>', 'name of the run')
    .option('--set <path=value>', 'any setting, for example --set optimizer.momentum=0.9', collect);
  return addLendFlags(addPoolFlags(command, { threadsMin: 0 }))
    .addHelpText(
      'after',
      `
Examples:
  hivegrad train mnist.json
  hivegrad train mnist.json --epochs 3 --seed 7 --out runs/seed-7
  hivegrad train mnist.json --set model.layers.0.units=256 --set clipping='{"type":"norm","limit":1}'
  hivegrad train --resume runs/seed-7 --threads 1
  hivegrad train mnist.json --listen 8080
  hivegrad train mnist.json --listen 127.0.0.1:8080 --threads 0 --share always --token SECRET

The run directory holds config.json, metrics.jsonl and .csv, tensorboard/, checkpoints/ (safetensors that PyTorch
reads), and at the end evaluation.json and report.html.
Ctrl-C writes a checkpoint and ends; a second Ctrl-C ends at once.
Exit codes: 0 finished or stopped, 2 bad input, 3 diverged, 130 second Ctrl-C.`,
    )
    .action((file: string | undefined, flags: TrainFlags) => train(file, flags));
}

async function train(file: string | undefined, flags: TrainFlags): Promise<void> {
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
