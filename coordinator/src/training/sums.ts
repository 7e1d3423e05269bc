/** Sums over samples: of losses, of correct answers, and their number. Sums compose, means do not. */

export interface StepSums {
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
}

export const noSums: StepSums = { lossSum: 0, correct: 0, samples: 0 };

export function addSums(a: StepSums, b: StepSums): StepSums {
  return {
    lossSum: a.lossSum + b.lossSum,
    correct: a.correct + b.correct,
    samples: a.samples + b.samples,
  };
}

export function meanLoss({ lossSum, samples }: StepSums): number {
  return lossSum / samples;
}

export function accuracy({ correct, samples }: StepSums): number {
  return correct / samples;
}
