/** Lines of metrics.jsonl: the core's sums as the means that people read. Without `seconds` they are part of the contract. */

import { lossKinds } from '@hivegrad/shared/model/losses';
import type { Loss } from '@hivegrad/shared/model/spec';
import type { Means, MetricsRecord } from '../metrics/record.ts';
import type { MetricsLine } from './events.ts';
import type { StepSums } from './sums.ts';
import { accuracy, meanLoss } from './sums.ts';

export function means(sums: StepSums, loss: Loss): Means {
  return { loss: meanLoss(sums), ...(lossKinds[loss].countsCorrect && { accuracy: accuracy(sums) }) };
}

export function metricsRecord(
  line: MetricsLine,
  options: { readonly loss: Loss; readonly seconds: number; readonly learningRate?: number | undefined },
): MetricsRecord {
  const { loss, seconds, learningRate } = options;
  const { kind, step, epoch } = line;
  const place = { step, epoch, kind, seconds: Math.round(seconds * 1000) / 1000 };
  if (line.kind === 'train') {
    return {
      ...place,
      kind: line.kind,
      ...means(line.sums, loss),
      ...(learningRate !== undefined && { learningRate }),
    };
  }
  return {
    ...place,
    kind: line.kind,
    train: means(line.train, loss),
    ...(line.validation !== undefined && { validation: means(line.validation, loss) }),
    test: means(line.test, loss),
  };
}
