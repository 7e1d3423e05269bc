/**
 * How the learning rate follows the batch size. In: a policy, a rate and a batch size; out: the rate, and the policy
 * in a sentence. Linear scaling keeps the length of the way that an epoch goes (Goyal et al. 2017), the square root
 * keeps the variance of a step (Krizhevsky 2014).
 */

import type { LearningRatePolicy } from './schema.ts';
import { plain } from './text.ts';

/** The rate of a cell; under a search it is what the factors multiply. */
export function scaledRate(policy: LearningRatePolicy, rate: number, batchSize: number): number {
  switch (policy.type) {
    case 'linear':
      return rate * (batchSize / policy.referenceBatchSize);
    case 'squareRoot':
      return rate * Math.sqrt(batchSize / policy.referenceBatchSize);
    case 'fixed':
    case 'search':
      return rate;
  }
}

/** Said aloud in the report: no comparison of batch sizes means anything without it. */
export function policySentence(policy: LearningRatePolicy, rates: readonly number[]): string {
  const rate = rates.map(plain).join(' or ');
  const warmup =
    'warmupEpochs' in policy && policy.warmupEpochs !== undefined && policy.warmupEpochs > 0
      ? ` It rises to that over the first ${policy.warmupEpochs} epochs.`
      : '';
  switch (policy.type) {
    case 'fixed':
      return `Every batch size has the same learning rate, ${rate}.`;
    case 'linear':
      return `The learning rate is ${rate} for batches of ${policy.referenceBatchSize} and grows in proportion to the batch size.${warmup}`;
    case 'squareRoot':
      return `The learning rate is ${rate} for batches of ${policy.referenceBatchSize} and grows with the square root of the batch size.${warmup}`;
    case 'search': {
      const { factors, searchEpochs } = policy;
      const epochs = searchEpochs === 1 ? '1 epoch' : `${searchEpochs} epochs`;
      return (
        `Each cell has the learning rate that did best for it of ${factors.map(plain).join(', ')} times ` +
        `${rate}: the lowest loss of the validation part after ${epochs} with the first seed.`
      );
    }
  }
}
