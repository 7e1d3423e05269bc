/** `hivegrad train`: a configuration, with flags over it, becomes a run in a directory. */

import { join } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { summarise } from '@hivegrad/shared/model/summary';
import { Command } from 'commander';
import { differences } from '../checkpoint/differences.ts';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import type { Run } from '../checkpoint/run-directory.ts';
import { createRun, readRunConfig, resumeRun } from '../checkpoint/run-directory.ts';
import { openLog } from '../checkpoint/run-log.ts';
import { openStore } from '../checkpoint/store.ts';
import { bindToData } from '../config/bind.ts';
import { configDigest, decisiveSettings } from '../config/digest.ts';
import { parseConfig, readConfig } from '../config/document.ts';
import type { ConfigFlags } from '../config/flags.ts';
import { applyFlags } from '../config/flags.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { resolveConfig } from '../config/resolve.ts';
import { loadData } from '../data/load.ts';
import type { RunResult } from '../run.ts';
import { runTraining } from '../run.ts';
import type { Progress as TrainingProgress } from '../training/core.ts';
import { accuracy, meanLoss } from '../training/sums.ts';
import type { Engine } from '../workers/local-pool.ts';
import { openLocalPool } from '../workers/local-pool.ts';
import type { Job } from './begin.ts';
import { resume, start } from './begin.ts';
import { withFailpoint } from './failpoints.ts';
import { collect, kernelsFlag, threadsFlag } from './flags.ts';
import { formatNumber, formatPercent, modelSummary } from './format.ts';
import { createProgress } from './progress.ts';
import { stopOnSignals } from './signals.ts';

interface TrainFlags extends ConfigFlags {
  readonly threads: number;
  readonly kernels: Engine;
  readonly out?: string;
  readonly force?: boolean;
  readonly resume?: string;
}

export function trainCommand(): Command {
  return new Command('train')
    .summary('train a network on all cores')
    .description(
      'Trains the network of a configuration file. The weights depend on the file, the data and the seed alone, ' +
        'never on the number of threads.',
    )
    .argument('[config]', 'configuration: JSON, or a module with a default export')
    .addOption(threadsFlag())
    .option('--out <directory>', 'where the run is written (default: runs/<name>-<time>)')
    .option('--force', 'replace the run that is in --out')
    .option('--resume <directory>', 'go on with a run that was interrupted')
    .option('--seed <n>', 'seed of weights and order')
    .option('--epochs <n>', 'passes over the training set')
    .option('--batch-size <n>', 'samples of a step')
    .option('--shard-size <n>', 'samples of a shard; part of the result')
    .option('--learning-rate <x>', 'learning rate of the optimizer')
    .option('--name <name>', 'name of the run')
    .option('--set <path=value>', 'any setting, for example --set optimizer.momentum=0.9', collect)
    .addOption(kernelsFlag())
    .addHelpText(
      'after',
      `
Examples:
  hivegrad train mnist.json
  hivegrad train mnist.json --epochs 3 --seed 7 --out runs/seed-7
  hivegrad train mnist.json --set model.layers.0.units=256
  hivegrad train --resume runs/seed-7 --threads 1

The run directory holds config.json, metrics.jsonl and checkpoints/ (safetensors that PyTorch reads).
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
  const { config, notices } = await configuration(file, flags);
  for (const notice of notices) progress.line(notice);
  const split = await loadData(config.data, config.seed);
  progress.line(split.description);
  const bound = bindToData(config, split);
  const { batchSize, shardSize } = config;
  const pool = await openLocalPool(bound, split, {
    threads: flags.threads,
    engine: flags.kernels,
    onThreadLost: (sentence) => progress.line(sentence),
  });
  let run: Run | undefined;
  try {
    run =
      flags.resume === undefined
        ? await createRun(outDirectory(flags, config), { config, force: flags.force === true, fs })
        : await resumeRun(flags.resume, fs);
    const store = await openStore(run.checkpointDirectory, fs, { keep: config.checkpointsKept });
    const dataDigest = `${split.train.digest}${split.test.digest}`;
    const job = { pool, store, run, bound, dataDigest, progress, fs };
    const from = flags.resume === undefined ? start(job) : await resume(job);
    progress.line(modelSummary(summarise(bound.model)));
    progress.line(
      `${config.name}: ${config.epochs} epochs of ${bound.stepsPerEpoch} steps, batches of ${batchSize} in shards of ` +
        `${shardSize}, ${flags.threads === 1 ? '1 thread' : `${flags.threads} threads`}, into ${run.directory}`,
    );
    const result = await execute(job, from, { stop, resumed: flags.resume !== undefined });
    progress.stop();
    report(result, job, flags);
  } finally {
    progress.stop();
    await pool.close();
    await run?.close();
  }
}

/** The configuration of a new run, or that of the run to resume, which nothing given now may contradict. */
async function configuration(file: string | undefined, flags: TrainFlags) {
  if (flags.resume === undefined) {
    if (file === undefined) {
      throw new UserError(
        'CONFIG_INVALID',
        'Say what to train: hivegrad train CONFIG, or --resume DIRECTORY.',
      );
    }
    return resolveConfig(applyFlags(await readConfig(file), flags));
  }
  if (flags.out !== undefined || flags.force === true) {
    throw new UserError(
      'CONFIG_INVALID',
      `${flags.out === undefined ? '--force' : '--out'} and --resume contradict each other: a resumed run stays where ` +
        'and as it is. Leave one of them out.',
    );
  }
  const path = join(flags.resume, 'config.json');
  const document = parseConfig((await readRunConfig(flags.resume)) as object, path, flags.resume);
  const saved = resolveConfig(document);
  const given = resolveConfig(applyFlags(file === undefined ? document : await readConfig(file), flags));
  const different = differences(decisiveSettings(saved.config), decisiveSettings(given.config));
  if (different.length > 0) {
    throw new UserError(
      'CONFIG_DIFFERS',
      `The run in ${flags.resume} has another configuration:\n  ${different.join('\n  ')}\nA run goes on only with what ` +
        'it began with: leave these out, or begin a new run.',
    );
  }
  return given;
}

async function execute(
  { pool, store, run, bound, dataDigest, progress, fs }: Job,
  from: TrainingProgress,
  { stop, resumed }: { stop: AbortSignal; resumed: boolean },
): Promise<RunResult> {
  const { config, model, stepsPerEpoch, metricsEverySteps } = bound;
  const { countsCorrect } = lossKinds[model.loss];
  const samples = pool.trainSamples;
  const begin = (epoch: number, samplesDone: number) => {
    if (epoch <= config.epochs) progress.epoch({ epoch, epochs: config.epochs, samples, samplesDone });
  };
  const show = (sums: TrainingProgress['epoch']) => {
    if (sums.samples === 0) return;
    const share = countsCorrect ? accuracy(sums) : null;
    progress.update({ samples: sums.samples, loss: meanLoss(sums), accuracy: share });
  };
  const log = await openLog(run.metricsPath, { fs });
  try {
    const parts = {
      pool,
      store,
      log,
      model,
      parameters: parametersOf(model),
      optimizer: config.optimizer,
      configDigest: configDigest(config),
      dataDigest,
    };
    begin(Math.floor(from.step / stepsPerEpoch) + 1, from.epoch.samples);
    return await runTraining(parts, {
      stepsPerEpoch,
      epochs: config.epochs,
      metricsEverySteps,
      checkpointSeconds: config.checkpointSeconds,
      progress: from,
      resumed,
      stop,
      onProgress: show,
      onMetrics: (line) => {
        if (line.kind !== 'epoch') return;
        show(line.train);
        const parts = [`test loss ${formatNumber(meanLoss(line.test))}`];
        if (countsCorrect) parts.push(`test accuracy ${formatPercent(accuracy(line.test))}`);
        progress.line(`epoch ${line.epoch}/${config.epochs}: ${parts.join(', ')}`);
        begin(line.epoch + 1, 0);
      },
    });
  } finally {
    await log.close();
  }
}

/** The last lines, on standard output. */
function report(result: RunResult, { run, bound }: Job, { resume: resumed }: TrainFlags): void {
  const lines = [];
  if (result.outcome === 'stopped') {
    lines.push(
      `stopped after step ${result.step}; go on with: hivegrad train --resume ${resumed ?? run.directory}`,
    );
  }
  if (result.test !== undefined) {
    const when = result.outcome === 'stopped' ? 'when its last epoch ended: ' : '';
    const metrics = [`test loss ${formatNumber(meanLoss(result.test))}`];
    if (lossKinds[bound.model.loss].countsCorrect) {
      metrics.unshift(`test accuracy ${formatPercent(accuracy(result.test))}`);
    }
    lines.push(when + metrics.join(', '));
  }
  lines.push(`weights sha256:${result.weightsDigest}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function outDirectory({ out }: TrainFlags, { name }: ResolvedConfig): string {
  const time = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return out ?? join('runs', `${name}-${time}`);
}
