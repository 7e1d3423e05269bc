/** `hivegrad evaluate`: the loss and accuracy of a run's newest checkpoint, or of one checkpoint file. */

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '@hivegrad/shared/errors';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { parametersOf } from '@hivegrad/shared/model/parameters';
import { Command, Option } from 'commander';
import { nodeFileSystem } from '../checkpoint/file-system.ts';
import type { Checkpoint } from '../checkpoint/format.ts';
import { decodeCheckpoint, requireParameters } from '../checkpoint/format.ts';
import { readRunConfig } from '../checkpoint/run-directory.ts';
import { openStore } from '../checkpoint/store.ts';
import { bindToData } from '../config/bind.ts';
import { parseConfig, readConfig } from '../config/document.ts';
import { resolveConfig } from '../config/resolve.ts';
import { loadData } from '../data/load.ts';
import { accuracy, meanLoss } from '../training/sums.ts';
import type { Engine } from '../workers/local-pool.ts';
import { openLocalPool } from '../workers/local-pool.ts';
import { kernelsFlag, threadsFlag } from './flags.ts';
import { formatCount, formatNumber, formatPercent } from './format.ts';

interface EvaluateFlags {
  readonly threads: number;
  readonly kernels: Engine;
  readonly config?: string;
  readonly on: 'test' | 'train';
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .summary('loss and accuracy of a trained network')
    .description(
      "Evaluates a run's newest checkpoint, or one checkpoint file, on the run's data or on other data.",
    )
    .argument('<run>', 'run directory, or a checkpoint inside one')
    .option('--config <file>', 'take the data from another configuration')
    .addOption(new Option('--on <part>', 'part of the data').choices(['test', 'train']).default('test'))
    .addOption(threadsFlag())
    .addOption(kernelsFlag())
    .addHelpText(
      'after',
      `
Examples:
  hivegrad evaluate runs/mnist
  hivegrad evaluate runs/mnist/checkpoints/step-9380.safetensors --on train`,
    )
    .action((path: string, flags: EvaluateFlags) => evaluate(path, flags));
}

async function evaluate(path: string, flags: EvaluateFlags): Promise<void> {
  const { run, source, checkpoint } = await findCheckpoint(path);
  const document =
    flags.config === undefined
      ? parseConfig((await readRunConfig(run)) as object, `${run}/config.json`, run)
      : await readConfig(flags.config);
  const { config } = resolveConfig(document);
  const split = await loadData(config.data, config.seed);
  const bound = bindToData(config, split);
  const { model } = bound;
  requireParameters(checkpoint, parametersOf(model), source);
  const parts = { train: split.train, test: split[flags.on] };
  const pool = await openLocalPool(bound, parts, { threads: flags.threads, engine: flags.kernels });
  try {
    pool.setVersion(checkpoint.step, checkpoint.weights, checkpoint.optimizerState);
    const sums = await pool.evaluate(checkpoint.step);
    const { countsCorrect } = lossKinds[model.loss];
    const what = `${flags.on} ${countsCorrect ? `accuracy ${formatPercent(accuracy(sums))}, ${flags.on} ` : ''}loss`;
    process.stdout.write(
      `${source}, step ${formatCount(checkpoint.step)}, on ${formatCount(sums.samples)} samples\n` +
        `${what} ${formatNumber(meanLoss(sums))}\nweights sha256:${checkpoint.weightsDigest}\n`,
    );
  } finally {
    await pool.close();
  }
}

async function findCheckpoint(
  path: string,
): Promise<{ run: string; source: string; checkpoint: Checkpoint }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UserError('RUN_NOT_A_RUN', `There is no run or checkpoint at ${path}. Check the path.`, {
      cause,
    });
  });
  if (found.isDirectory()) {
    await readRunConfig(path);
    const store = await openStore(`${path}/checkpoints`, nodeFileSystem);
    const { checkpoint, path: source, damaged } = await store.latest(decodeCheckpoint);
    for (const { error } of damaged) process.stderr.write(`${error.message}\n`);
    return { run: path, source, checkpoint };
  }
  const checkpoint = decodeCheckpoint(await nodeFileSystem.readFile(path), path);
  return { run: dirname(dirname(path)), source: path, checkpoint };
}
