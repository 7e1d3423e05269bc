/** The reports of `hivegrad inspect` as text for people: tables of checkpoints, layers and tensors. */

import { basename } from 'node:path';
import { summarise } from '@hivegrad/shared/model/summary';
import type { CheckpointReport, FileReport, TensorReport } from '../inspect/file.ts';
import type { MetricsLine, RunReport } from '../inspect/run.ts';
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatTable,
  modelSummary,
} from './format.ts';

export function runText({ path, config, checkpoints, lastEpoch }: RunReport): string {
  const { name, epochs, seed } = Object(config) as Partial<Record<string, unknown>>;
  const passes = `${String(epochs)} ${epochs === 1 ? 'epoch' : 'epochs'}`;
  const lines = [`${path}: ${String(name)}, ${passes} with seed ${String(seed)}`];
  if (lastEpoch !== null) lines.push(metricsText(lastEpoch));
  if (checkpoints.length === 0) return [...lines, 'no checkpoint yet'].join('\n');
  const rows = checkpoints.map(({ path: file, step, bytes, whole, weightsSha256 }) => [
    basename(file),
    formatCount(step),
    formatBytes(bytes),
    whole ? 'whole' : 'damaged',
    weightsSha256 === null ? '' : `${weightsSha256.slice(0, 12)}...`,
  ]);
  const header = ['Checkpoint', 'Step', 'Size', 'State', 'Weights sha256'];
  lines.push('', formatTable([header, ...rows], ['left', 'right', 'right']));
  lines.push(...checkpoints.flatMap(({ problem }) => problem ?? []));
  return lines.join('\n');
}

export function fileText(
  { path, bytes, checkpoint, metadata, tensors }: FileReport,
  epoch: number | null,
): string {
  const about = checkpoint === null ? foreignText(metadata) : checkpointText(checkpoint, epoch);
  return [`${path}, ${formatBytes(bytes)}`, ...about, '', tensorTable(tensors)].join('\n');
}

function checkpointText(report: CheckpointReport, epoch: number | null): string[] {
  const { format, step, configSha256, dataSha256, weightsSha256, optimizerSlots, model } = report;
  const slots =
    optimizerSlots.length === 0 ? 'no optimizer state' : `optimizer state ${optimizerSlots.join(', ')}`;
  return [
    `${format}, step ${formatCount(step)}${epoch === null ? '' : ` of epoch ${epoch}`}, ${slots}`,
    `config sha256:${configSha256}`,
    `data sha256:${dataSha256}`,
    `weights sha256:${weightsSha256}`,
    '',
    model === null ? 'The model is of another version of hivegrad.' : modelSummary(summarise(model)),
  ];
}

/** Metadata of other programs, each on one line of at most so many characters. */
const METADATA_CHARACTERS_MAX = 100;

function foreignText(metadata: FileReport['metadata']): string[] {
  const lines = Object.entries(metadata).map(([key, value]) => {
    // One line each, and nothing in it that a terminal would take for a command.
    const line = `${key}: ${value}`.replaceAll(/\p{Cc}/gu, ' ');
    return line.length <= METADATA_CHARACTERS_MAX ? line : `${line.slice(0, METADATA_CHARACTERS_MAX)}...`;
  });
  return ['safetensors of another program, or exported weights', ...lines];
}

function tensorTable(tensors: readonly TensorReport[]): string {
  const header = [
    'Tensor',
    'Type',
    'Shape',
    'Values',
    'Min',
    'Max',
    'Mean',
    'Deviation',
    'L2 norm',
    'Zeros',
    'Not finite',
  ];
  const rows = tensors.map(({ name, dtype, shape, values, statistics }) => {
    const cells = [name.replaceAll(/\p{Cc}/gu, ' '), dtype, `[${shape.join(', ')}]`, formatCount(values)];
    if (statistics === null) return cells;
    const { min, max, mean, deviation, norm, zeros, nonFinite } = statistics;
    const moments = [min, max, mean, deviation, norm].map((value) =>
      value === null ? '-' : formatNumber(value),
    );
    return [...cells, ...moments, formatCount(zeros), formatCount(nonFinite)];
  });
  return formatTable([header, ...rows], ['left', 'left', 'left', ...Array<'right'>(8).fill('right')]);
}

/** `epoch 3: train loss 0.1235, train accuracy 97.81 %, ...`: whatever numbers the line has in its parts. */
function metricsText(line: MetricsLine): string {
  const figures = Object.entries(line).flatMap(([part, values]) => {
    if (typeof values !== 'object' || values === null) return [];
    return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
      if (typeof value !== 'number') return [];
      return [`${part} ${name} ${name === 'accuracy' ? formatPercent(value) : formatNumber(value)}`];
    });
  });
  return `epoch ${line.epoch}: ${figures.join(', ')}`;
}
