/** The part of a report that says what was trained: the layers, and the settings that decide the result. */

import type { Loss } from '@hivegrad/shared/model/spec';
import type { LayerSummary } from '@hivegrad/shared/model/summary';
import type { ClippingSpec, OptimizerSpec, ScheduleSpec } from '@hivegrad/shared/optim/spec';
import { formatBytes, formatCount } from '../cli/format.ts';
import { columns, facts, paragraph, table } from './html.ts';

export interface Settings {
  readonly layers: readonly LayerSummary[];
  readonly loss: Loss;
  readonly optimizer: OptimizerSpec;
  readonly schedule?: ScheduleSpec;
  readonly clipping?: ClippingSpec;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly seed: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly data: string;
}

export function settingsOf(settings: Settings): string {
  const { layers, batchSize, shardSize, seed, epochs, stepsPerEpoch, loss } = settings;
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  const model = table({
    caption: `Layers; ${formatBytes(total * Float32Array.BYTES_PER_ELEMENT)} of parameters`,
    header: ['Layer', 'Type', 'Output', 'Parameters'],
    rows: [
      ...layers.map(({ name, kind, output, parameters }) => [name, kind, output, formatCount(parameters)]),
      ['Sum', '', '', formatCount(total)],
    ],
    texts: 2,
    strong: layers.length,
  });
  const pairs: (readonly [string, string])[] = [
    ['Loss', words(loss)],
    ['Optimizer', optimizerText(settings.optimizer)],
    ...(settings.schedule === undefined ? [] : [['Schedule', scheduleText(settings.schedule)] as const]),
    ...(settings.clipping === undefined ? [] : [['Clipping', clippingText(settings.clipping)] as const]),
    ['Batch', `${formatCount(batchSize)} samples in shards of ${formatCount(shardSize)}`],
    [
      'Epochs',
      `${formatCount(epochs)}, of ${formatCount(stepsPerEpoch)} ${stepsPerEpoch === 1 ? 'step' : 'steps'} each`,
    ],
    ['Seed', String(seed)],
  ];
  return `${paragraph(settings.data)}\n${columns(model, facts(pairs))}`;
}

/** `adam, learning rate 0.001, beta1 0.9, ...`: every setting that is not switched off. */
export function optimizerText({ type, ...rest }: OptimizerSpec): string {
  const parts = Object.entries(rest)
    .filter(([, value]) => value !== 0 && value !== false)
    .map(([key, value]) => (value === true ? words(key) : `${words(key)} ${value}`));
  return [type, ...parts].join(', ');
}

export function scheduleText(schedule: ScheduleSpec): string {
  const warmup =
    schedule.warmupSteps === 0 ? '' : `, after ${formatCount(schedule.warmupSteps)} steps of warm-up`;
  switch (schedule.type) {
    case 'constant':
      return `constant${warmup}`;
    case 'step':
    case 'exponential':
      return `${schedule.type}, times ${schedule.factor} every ${formatCount(schedule.everySteps)} steps${warmup}`;
    case 'cosine':
      return `cosine to ${schedule.finalFraction} of the rate at step ${formatCount(schedule.totalSteps)}${warmup}`;
  }
}

export function clippingText(clipping: ClippingSpec): string {
  switch (clipping.type) {
    case 'none':
      return 'none';
    case 'value':
      return `each element of the gradient to ${clipping.limit}`;
    case 'norm':
      return `the norm of the gradient to ${clipping.limit}`;
  }
}

/** `weightDecay` as `weight decay`. */
function words(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
