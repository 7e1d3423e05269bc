/**
 * How the run stands, for those who look at it: the last step's loss, what part of the epoch is done, and how many
 * samples a second everybody together computes, over the last ten seconds.
 */

import { stepsPerEpoch } from '@hivegrad/shared/data/sampler';
import type { RunShape, Status } from '@hivegrad/shared/protocol/messages';
import type { StepSums } from '../training/sums.ts';
import { accuracy, meanLoss } from '../training/sums.ts';

const RATE_WINDOW_MS = 10_000;

export class RunStatus {
  readonly #shape: RunShape;
  readonly #countsCorrect: boolean;
  #step = 0;
  #last: StepSums | undefined;
  /** Samples of steps and when they were taken, of the window alone. */
  #taken: { readonly atMs: number; readonly samples: number }[] = [];

  constructor(shape: RunShape, { countsCorrect }: { readonly countsCorrect: boolean }) {
    this.#shape = shape;
    this.#countsCorrect = countsCorrect;
  }

  /** Steps taken. */
  get step(): number {
    return this.#step;
  }

  /** Steps were taken that led to version `at`. */
  took(at: number, sums: readonly StepSums[], nowMs: number): void {
    this.#step = at;
    if (sums.length === 0) return;
    this.#last = sums.at(-1);
    this.#taken.push({ atMs: nowMs, samples: sums.reduce((total, { samples }) => total + samples, 0) });
    this.#forget(nowMs);
  }

  /** All of a status but the fleet. */
  at(nowMs: number): Omit<Status, 'type' | 'browsers' | 'machines' | 'localThreads'> {
    const perEpoch = stepsPerEpoch(this.#shape.samples, this.#shape.batchSize);
    const epoch = Math.min(Math.floor(this.#step / perEpoch), this.#shape.epochs - 1) + 1;
    return {
      epoch,
      step: this.#step,
      ...(this.#last !== undefined && { loss: meanLoss(this.#last) }),
      ...(this.#last !== undefined && this.#countsCorrect && { accuracy: accuracy(this.#last) }),
      samplesPerSecond: this.#rate(nowMs),
    };
  }

  #rate(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#taken;
    if (first === undefined || nowMs <= first.atMs) return 0;
    // What the first one tells lies before its time.
    const samples = this.#taken.reduce((total, taken) => total + taken.samples, -first.samples);
    return Math.round((samples * 1000) / (nowMs - first.atMs));
  }

  #forget(nowMs: number): void {
    const from = this.#taken.findIndex(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    this.#taken = from < 0 ? this.#taken.slice(-1) : this.#taken.slice(from);
  }
}
